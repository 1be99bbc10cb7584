//! Starting with the session: only when a person asked for it, and what the system says about it is what is shown. Somebody may have
//! switched it off there.

use doorward_broker::config::Profile;

/// Whether Doorward starts with the session; `None` when this system does not say.
pub(crate) fn is_on(profile: &Profile) -> Option<bool> {
    native::is_on(profile).inspect_err(|error| tracing::warn!(%error, "whether Doorward starts at login cannot be told")).ok()
}

/// Makes it so, or not. A sentence of the system says why not.
pub(crate) fn set(profile: &Profile, on: bool) -> Result<(), String> {
    native::set(profile, on).map_err(|error| error.to_string())?;
    tracing::info!(on, "a person said whether Doorward starts at login");
    Ok(())
}

/// What the app is started with.
fn arguments(profile: &Profile) -> Vec<String> {
    let mut arguments = vec!["--hidden".to_owned()];
    if !profile.is_default() {
        arguments.extend(["--profile".to_owned(), profile.label().to_owned()]);
    }
    arguments
}

/// A name of its own for each profile.
fn name(profile: &Profile) -> String {
    if profile.is_default() { "doorward-desktop".to_owned() } else { format!("doorward-desktop-{}", profile.label()) }
}

/// An entry of the desktop's own (XDG Desktop Application Autostart Specification).
#[cfg(target_os = "linux")]
mod native {
    use std::{
        fs, io,
        path::{Path, PathBuf},
    };

    use doorward_broker::config::Profile;

    pub(super) fn is_on(profile: &Profile) -> io::Result<bool> {
        match fs::read_to_string(file(profile)?) {
            Ok(entry) => Ok(starts(&entry)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn set(profile: &Profile, on: bool) -> io::Result<()> {
        let file = file(profile)?;
        if on {
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            return fs::write(&file, entry(&std::env::current_exe()?, &super::arguments(profile)));
        }
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn file(profile: &Profile) -> io::Result<PathBuf> {
        let config = dirs::config_dir().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(config.join("autostart").join(format!("{}.desktop", super::name(profile))))
    }

    /// Desktops switch an entry off by a line in it.
    fn starts(entry: &str) -> bool {
        let says = |line: &str| entry.lines().any(|found| found.replace(' ', "").eq_ignore_ascii_case(line));
        !says("Hidden=true") && !says("X-GNOME-Autostart-enabled=false")
    }

    fn entry(program: &Path, arguments: &[String]) -> String {
        let words: Vec<String> = std::iter::once(quoted(&program.to_string_lossy())).chain(arguments.iter().cloned()).collect();
        format!("[Desktop Entry]\nType=Application\nName=Doorward\nIcon=doorward-desktop\nTerminal=false\nExec={}\n", words.join(" "))
    }

    /// As the Desktop Entry Specification quotes an argument of `Exec`, which is read twice.
    fn quoted(word: &str) -> String {
        let mut quoted = String::from("\"");
        for letter in word.chars() {
            match letter {
                '"' | '`' | '$' => quoted.extend(["\\\\", &letter.to_string()]),
                '\\' => quoted.push_str("\\\\\\\\"),
                '%' => quoted.push_str("%%"),
                other => quoted.push(other),
            }
        }
        quoted.push('"');
        quoted
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn an_entry_names_the_program_however_it_is_called() {
            let made = entry(Path::new("/opt/a b/100%/door\"ward"), &["--hidden".to_owned()]);
            assert!(made.contains("\nExec=\"/opt/a b/100%%/door\\\\\"ward\" --hidden\n"), "{made}");
            assert!(starts(&made));
        }

        #[test]
        fn an_entry_that_the_desktop_switched_off_does_not_start() {
            let made = entry(Path::new("/usr/bin/doorward-desktop"), &[]);
            assert!(!starts(&format!("{made}Hidden=true\n")));
            assert!(!starts(&format!("{made}X-GNOME-Autostart-enabled = false\n")));
            assert!(starts(&format!("{made}X-GNOME-Autostart-enabled=true\n")));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod native {
    use auto_launch::{AutoLaunch, AutoLaunchBuilder, Result};
    use doorward_broker::config::Profile;

    pub(super) fn is_on(profile: &Profile) -> Result<bool> {
        entry(profile)?.is_enabled()
    }

    pub(super) fn set(profile: &Profile, on: bool) -> Result<()> {
        let entry = entry(profile)?;
        if on { entry.enable() } else { entry.disable() }
    }

    fn entry(profile: &Profile) -> Result<AutoLaunch> {
        let program = std::env::current_exe().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
        AutoLaunchBuilder::new().set_app_name(&super::name(profile)).set_app_path(&program).set_args(&super::arguments(profile)).build()
    }
}
