//! Where a path really leads: links are followed and `..` is taken back. A hint for a person, as things are at that moment.
//!
//! The paths come from whoever calls, before anybody said yes. So only this computer's own disks are looked at: what stands for another
//! computer would be asked, and what stands for the process that looks would be answered for the wrong one.

use std::{
    ffi::OsString,
    fs,
    path::{Component, Path, PathBuf, Prefix},
    time::Duration,
};

use tokio::sync::Semaphore;
use url::Url;

/// How long the disk may take. A question that comes late is worse than one without this.
const PATIENCE: Duration = Duration::from_millis(100);
/// How many look at the disk at once: one that does not answer must not keep all threads.
static LOOKING: Semaphore = Semaphore::const_new(8);
/// How many links are followed, as on Linux.
const LINKS: usize = 40;

/// Where each of these paths leads, if that is another place than it says. Those that are relative are so to `folder`; without one
/// nobody knows where they lead. Two places where it depends on how a program reads `..` behind a link. Nothing for any, when the
/// disk does not answer in time.
pub(crate) async fn leads(paths: Vec<String>, folder: Option<PathBuf>) -> Vec<Vec<PathBuf>> {
    let asked = paths.len();
    let nothing = || vec![Vec::new(); asked];
    if paths.is_empty() {
        return Vec::new();
    }
    let Ok(slot) = LOOKING.try_acquire() else { return nothing() };
    let looking = tokio::task::spawn_blocking(move || {
        let home = dirs::home_dir();
        let found = paths.iter().map(|path| elsewhere(path, folder.as_deref(), home.as_deref())).collect();
        drop(slot);
        found
    });
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(Ok(found)) => found,
        Ok(Err(_)) | Err(_) => nothing(),
    }
}

/// Whether a path is on a disk of this computer, as far as it says.
fn is_on_a_disk(path: &Path) -> bool {
    let plain = match path.components().next() {
        Some(Component::Prefix(prefix)) => matches!(prefix.kind(), Prefix::Disk(_) | Prefix::VerbatimDisk(_)),
        _ => true,
    };
    // Where systems mount what is asked for, and what the system makes up.
    plain && !["/net", "/proc", "/sys", "/dev"].iter().any(|made_up| path.starts_with(made_up))
}

fn elsewhere(text: &str, folder: Option<&Path>, home: Option<&Path>) -> Vec<PathBuf> {
    let Some((said, path)) = absolute(text, folder, home) else { return Vec::new() };
    let mut found: Vec<PathBuf> = [followed(&path), followed(&folded(&path))].into_iter().flatten().collect();
    found.dedup();
    found.retain(|place| *place != said);
    found
}

/// What a text says as a path, and the path from the root that is meant. `None` where that cannot be known.
fn absolute(text: &str, folder: Option<&Path>, home: Option<&Path>) -> Option<(PathBuf, PathBuf)> {
    if text.starts_with("file:") {
        let path = Url::parse(text).ok()?.to_file_path().ok()?;
        return Some((PathBuf::from(text.strip_prefix("file://")?), path));
    }
    let said = PathBuf::from(text);
    let path = match text.strip_prefix('~') {
        Some(rest) => home?.join(rest.trim_start_matches('/')),
        None if said.has_root() => said.clone(),
        None if text.starts_with('.') => folder?.join(&said),
        // A drive of another system.
        None => return None,
    };
    let elsewhere = text.starts_with("//") || text.starts_with("\\\\");
    (path.is_absolute() && !elsewhere && is_on_a_disk(&path)).then_some((said, path))
}

/// `..` taken back in the text alone, as many programs do before they look at the disk.
fn folded(path: &Path) -> PathBuf {
    let mut folded = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(folded.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => folded.push(part),
        }
    }
    folded
}

/// A path as the system follows it. What does not exist stays as it is written. `None` when its links go in circles, or away from the
/// disks of this computer.
fn followed(path: &Path) -> Option<PathBuf> {
    let words = |path: &Path| path.components().rev().map(|part| part.as_os_str().to_owned()).collect::<Vec<OsString>>();
    let (mut reached, mut ahead, mut links) = (PathBuf::new(), words(path), 0);
    while let Some(part) = ahead.pop() {
        match Path::new(&part).components().next() {
            Some(Component::ParentDir) => drop(reached.pop()),
            Some(Component::CurDir) | None => {}
            Some(Component::Prefix(_) | Component::RootDir | Component::Normal(_)) => {
                reached.push(&part);
                if !is_on_a_disk(&reached) {
                    return None;
                }
                if let Ok(target) = fs::read_link(&reached) {
                    links += 1;
                    reached.pop();
                    ahead.extend(words(&target));
                }
            }
        }
        if links > LINKS {
            return None;
        }
    }
    Some(reached)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = fs::canonicalize(folder.path()).expect("there");
        for inner in ["work/inner", "outside/deep"] {
            fs::create_dir_all(path.join(inner)).expect("made");
        }
        symlink("../outside", path.join("work/link")).expect("linked");
        symlink(path.join("outside/deep"), path.join("work/far")).expect("linked");
        symlink("nowhere/at/all", path.join("work/dangling")).expect("linked");
        symlink("circle", path.join("work/circle")).expect("linked");
        (folder, path)
    }

    #[tokio::test]
    async fn a_path_leads_where_links_and_dots_take_it_and_only_that_is_said() {
        let (_kept, at) = folder();
        let here = |path: &str| format!("{}/{path}", at.display());
        let whole = |paths: &[&str]| paths.iter().map(|path| at.join(path)).collect::<Vec<_>>();
        for (path, places) in [
            ("work/inner", &[][..]),
            ("work//inner/./", &[]),
            ("work/new.txt", &[]),
            ("work/circle", &[]),
            ("work/link", &["outside"]),
            ("work/link/secret/new.txt", &["outside/secret/new.txt"]),
            ("work/far/x", &["outside/deep/x"]),
            ("work/dangling", &["work/nowhere/at/all"]),
            ("work/inner/../../outside/x", &["outside/x"]),
            ("work/gone/../x", &["work/x"]),
            // The system goes through the link first; a program that folds the text does not.
            ("work/far/../x", &["outside/x", "work/x"]),
        ] {
            assert_eq!(leads(vec![here(path)], None).await, [whole(places)], "{path}");
        }
        let mut url = Url::from_file_path(at.join("work/link/a b")).expect("absolute");
        assert_eq!(leads(vec![url.to_string()], None).await, [whole(&["outside/a b"])]);
        url.set_path(&here("work/inner"));
        assert_eq!(leads(vec![url.to_string()], None).await, [whole(&[])]);
        assert_eq!(leads(vec![format!("file://{}/work/%2e%2e/x", at.display())], None).await, [whole(&["x"])]);
        assert_eq!(leads(vec!["/..".to_owned()], None).await, [[PathBuf::from("/")]]);
    }

    #[tokio::test]
    async fn only_disks_of_this_computer_are_looked_at() {
        let (_kept, at) = folder();
        symlink("/proc/self/cwd", at.join("work/own")).expect("linked");
        let through_a_link = format!("{}/x", at.join("work/own").display());
        for path in ["/proc/self/cwd/x", "//example.com/share/x", "/net/example.com/x", "/dev/fd/3", &through_a_link] {
            assert_eq!(leads(vec![path.to_owned()], None).await, [Vec::<PathBuf>::new()], "{path}");
        }
    }

    #[tokio::test]
    async fn what_is_relative_leads_from_the_servers_folder_or_nobody_knows_where() {
        let (_kept, at) = folder();
        let asked = || ["./x", "../outside", ".", "C:\\x"].map(str::to_owned).to_vec();
        assert_eq!(leads(asked(), None).await, vec![Vec::<PathBuf>::new(); 4]);
        let places = leads(asked(), Some(at.join("work"))).await;
        assert_eq!(places, [vec![at.join("work/x")], vec![at.join("outside")], vec![at.join("work")], vec![]]);
        let home = dirs::home_dir().expect("a home");
        let in_home = elsewhere("~/certainly-not-there", None, Some(&home));
        assert_eq!(in_home, [followed(&home).expect("no circle").join("certainly-not-there")]);
    }
}
