//! The pictures in docs/screenshots, and whether the windows still look like them. `make screenshots` takes them anew.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use doorward_words::Language;

use crate::{
    stage::{Look, Stage, needs},
    states::{self, State},
};

/// How much of a picture may differ: other fonts and other versions of the engine draw letters otherwise.
const TOLERANCE: f64 = 0.02;

const LOOKS: [Look; 4] =
    [Look { dark: false, scale: 1 }, Look { dark: false, scale: 2 }, Look { dark: true, scale: 1 }, Look { dark: true, scale: 2 }];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screenshots")
}

fn file_of(state: &State, look: Look) -> String {
    format!("{}-{}{}.png", state.name, if look.dark { "dark" } else { "light" }, if look.scale == 2 { "@2x" } else { "" })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_looks_as_in_its_picture() {
    needs("convert");
    let anew = std::env::var_os("DOORWARD_TAKE_PICTURES").is_some();
    let scratch = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/test-artifacts/gallery");
    fs::create_dir_all(&scratch).expect("a folder");
    let mut others = Vec::new();
    for look in LOOKS {
        let stage = Stage::open(look).await;
        for state in states::all() {
            stage.show(&state, Language::English, state.size).await;
            let (name, taken) = (file_of(&state, look), scratch.join(file_of(&state, look)));
            fs::write(&taken, stage.picture().await).expect("written");
            if anew {
                small(&taken, &folder().join(&name));
                continue;
            }
            match difference(&taken, &folder().join(&name)) {
                Some(share) if share <= TOLERANCE => {}
                Some(share) => others.push(format!("{name}: {:.1} % differ", share * 100.0)),
                None => others.push(format!("{name}: there is no such picture, or of another size")),
            }
        }
        stage.close().await;
    }
    assert!(others.is_empty(), "look at target/test-artifacts/gallery, then `make screenshots`:\n{}", others.join("\n"));
}

/// Keeps a picture in few colours. Without dithering plain colours stay plain, and the file small.
fn small(from: &Path, to: &Path) {
    let made = Command::new("convert")
        .arg(from)
        .args(["+dither", "-colors", "256", "-strip", "-define", "png:compression-level=9"])
        .arg(format!("PNG8:{}", to.display()))
        .status();
    assert!(made.expect("convert runs").success(), "{}", to.display());
}

/// The share of the pixels that are plainly of another colour; `None` when the pictures cannot be compared.
fn difference(one: &Path, other: &Path) -> Option<f64> {
    let output = Command::new("compare").args(["-metric", "AE", "-fuzz", "20%"]).args([one, other]).arg("null:").output().ok()?;
    let differ: f64 = String::from_utf8_lossy(&output.stderr).trim().parse().ok()?;
    let size = Command::new("identify").args(["-format", "%[fx:w*h]"]).arg(one).output().ok()?;
    let pixels: f64 = String::from_utf8_lossy(&size.stdout).trim().parse().ok()?;
    Some(differ / pixels)
}

#[test]
fn no_picture_is_left_over() {
    let known: Vec<String> = states::all().iter().flat_map(|state| LOOKS.map(|look| file_of(state, look))).collect();
    for entry in fs::read_dir(folder()).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(known.contains(&name), "{name} shows nothing that there is");
    }
}
