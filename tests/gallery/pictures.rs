//! The pictures in docs/screenshots, and whether the windows still look like them. `make screenshots` takes them anew.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use doorward_words::Language;

use crate::{
    pixels::Pixels,
    stage::{Look, Stage, needs},
    states::{self, State},
};

const LOOKS: [Look; 6] =
    [Look::LIGHT, Look::LIGHT.fine(), Look::DARK, Look::DARK.fine(), Look::LIGHT.in_contrast(), Look::DARK.in_contrast()];

/// What is looked at in high contrast, too: one of each thing that has a colour of its own.
const IN_CONTRAST: [&str; 7] = [
    "consent-tools",
    "consent-other-program",
    "consent-call-runs",
    "main-apps-tools",
    "main-import-changes",
    "main-health-faults",
    "main-servers-tools",
];

/// How else a state is pictured than in English with text of the usual size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Usual,
    /// From right to left.
    Mirrored,
    /// With text of twice the size.
    Large,
}

/// What is looked at in these ways, too.
const OTHERWISE: [&str; 6] = ["main-requests", "main-apps-tools", "main-servers-tools", "main-rules", "main-activity", "main-settings"];

/// The states that there are pictures of in this look, and in which ways.
fn pictured(look: Look, states: Vec<State>) -> impl Iterator<Item = (State, Way)> {
    let ways = move |name: &'static str| {
        let others = if look == Look::LIGHT && OTHERWISE.contains(&name) { [Way::Mirrored, Way::Large].as_slice() } else { &[] };
        let usual = (!look.contrast || IN_CONTRAST.contains(&name)).then_some(Way::Usual);
        usual.into_iter().chain(others.iter().copied())
    };
    states.into_iter().flat_map(move |state| ways(state.name).map(move |way| (state.clone(), way)))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screenshots")
}

fn file_of(state: &State, look: Look, way: Way) -> String {
    let (colours, contrast) = (if look.dark { "dark" } else { "light" }, if look.contrast { "-contrast" } else { "" });
    let way = match way {
        Way::Usual => "",
        Way::Mirrored => "-rtl",
        Way::Large => "-large",
    };
    format!("{}-{colours}{contrast}{way}{}.png", state.name, if look.scale == 2 { "@2x" } else { "" })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_looks_as_in_its_picture() {
    needs("convert");
    let anew = std::env::var_os("DOORWARD_TAKE_PICTURES").is_some();
    fs::create_dir_all(scratch()).expect("a folder");
    let mut others = Vec::new();
    // One after the other: only one window has the focus, which can be seen.
    for look in LOOKS {
        others.extend(differences(look, anew).await);
    }
    assert!(others.is_empty(), "look at target/test-artifacts/gallery, then `make screenshots`:\n{}", others.join("\n"));
}

/// Where pictures are put that were just taken.
fn scratch() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/test-artifacts/gallery")
}

/// What looks otherwise than in its picture, a line each; nothing when the pictures are taken anew.
async fn differences(look: Look, anew: bool) -> Vec<String> {
    let stage = Stage::open(look).await;
    let take = async |state: &State, way: Way| {
        stage.show(state, if way == Way::Mirrored { Language::Mirrored } else { Language::English }, state.size).await;
        stage.resize(state.size, if way == Way::Large { 200 } else { 100 }).await;
        let name = file_of(state, look, way);
        fs::write(scratch().join(&name), stage.picture().await).expect("written");
        name
    };
    let compare = |name: String| tokio::task::spawn_blocking(move || if anew { small(&name) } else { difference(&name, look) });
    let mut taken = Vec::new();
    for (state, way) in pictured(look, states::chosen()) {
        // It is compared while the next one is drawn.
        let compared = compare(take(&state, way).await);
        taken.push((state, way, compared));
    }
    let mut others = Vec::new();
    for (state, way, compared) in taken {
        if compared.await.expect("compared").is_some() {
            // A busy computer draws late: what differs does so twice.
            others.extend(compare(take(&state, way).await).await.expect("compared"));
        }
    }
    stage.close().await;
    others
}

/// In what a picture that was just taken differs from the one that is kept.
fn difference(name: &str, look: Look) -> Option<String> {
    let (taken, kept) = (scratch().join(name), folder().join(name));
    let places = kept.exists().then(|| Pixels::of(&taken).differing(&Pixels::of(&kept), look.scale as usize)).flatten();
    match places.as_deref() {
        Some([]) => None,
        Some([first, ..]) => Some(format!("{name}: {} places differ, the first at {first:?}", places.iter().flatten().count())),
        None => Some(format!("{name}: there is no such picture, or of another size")),
    }
}

/// Keeps a picture that was just taken, in few colours. Without dithering plain colours stay plain, and the file small.
fn small(name: &str) -> Option<String> {
    let to = folder().join(name);
    let made = Command::new("convert")
        .arg(scratch().join(name))
        .args(["+dither", "-colors", "256", "-strip", "-define", "png:compression-level=9"])
        .arg(format!("PNG8:{}", to.display()))
        .status();
    assert!(made.expect("convert runs").success(), "{}", to.display());
    None
}

#[test]
fn no_picture_is_left_over() {
    let of = |look| pictured(look, states::all()).map(move |(state, way)| file_of(&state, look, way));
    let known: Vec<String> = LOOKS.into_iter().flat_map(of).collect();
    for entry in fs::read_dir(folder()).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(known.contains(&name), "{name} shows nothing that there is");
    }
}
