//! Which processes belong together, judged by which started which.

use doorward_oauth::program::{Parent, Program, Sighting};

/// Terminals: applications with windows, and what a person types at.
const TERMINALS: &[&str] = &[
    "gnome-terminal-",
    "gnome-terminal-server",
    "konsole",
    "xterm",
    "kitty",
    "alacritty",
    "ghostty",
    "wezterm-gui",
    "foot",
    "xfce4-terminal",
    "tilix",
    "terminator",
    "ptyxis",
    "urxvt",
    "st",
];

/// Programs that stand between a person and what they start: walking up from a process ends below them.
const SESSION_LEVEL: &[&str] = &[
    // shells
    "sh",
    "bash",
    "dash",
    "zsh",
    "fish",
    "ksh",
    "tcsh",
    "csh",
    "nu",
    "pwsh",
    "elvish",
    "xonsh",
    // what runs shells
    "tmux: server",
    "tmux",
    "screen",
    "sshd",
    "login",
    "su",
    "sudo",
    "doas",
    "script",
    "zellij",
    // more terminals
    "ptyxis-agent",
    "Terminal",
    "iTerm2",
    "iTermServer",
    "wezterm-mux-server",
    // the session and what starts it
    "systemd",
    "init",
    "gnome-shell",
    "gnome-session-b",
    "gnome-session-binary",
    "plasmashell",
    "kwin_wayland",
    "kwin_x11",
    "startplasma-way",
    "startplasma-x11",
    "xfce4-session",
    "sway",
    "hyprland",
    "openbox",
    "gdm-session-wor",
    "sddm-helper",
    "lightdm",
    "dbus-daemon",
    "dbus-broker",
    "dbus-run-session",
    "launchd",
    "loginwindow",
];

/// The same on Windows, without `.exe` and in small letters.
const WINDOWS_SESSION_LEVEL: &[&str] = &[
    "cmd",
    "powershell",
    "windowsterminal",
    "openconsole",
    "conhost",
    "mintty",
    "explorer",
    "userinit",
    "winlogon",
    "wininit",
    "services",
    "svchost",
    "sihost",
    "taskhostw",
];

/// More terminals, editors and other applications with windows in which people start programs, in small letters. Where one is missing, a
/// person is told some more of what is above it.
const GRAPHICAL: &[&str] = &[
    // more terminals
    "footclient",
    "mate-terminal",
    "lxterminal",
    "warp-terminal",
    "windowsterminal",
    "mintty",
    "conemu64",
    // editors and applications for agents
    "code",
    "code-insiders",
    "codium",
    "cursor",
    "windsurf",
    "kiro",
    "zed",
    "zed-editor",
    "sublime_text",
    "emacs",
    "gvim",
    "idea",
    "idea64",
    "pycharm",
    "pycharm64",
    "webstorm",
    "webstorm64",
    "rustrover",
    "rustrover64",
    "devenv",
    "claude-desktop",
    "chatgpt",
    // what stands for the desktop itself
    "gnome-shell",
    "plasmashell",
    "explorer",
];

/// The name that lists go by: without `.exe`, which Windows writes in any case.
fn plain(name: &str) -> Option<String> {
    let small = name.to_ascii_lowercase();
    small.strip_suffix(".exe").map(str::to_owned)
}

/// Whether a process of that name belongs to the shell, terminal or session level.
pub(super) fn is_session_level(name: &str) -> bool {
    let everywhere = |name: &str| TERMINALS.contains(&name) || SESSION_LEVEL.contains(&name);
    everywhere(name) || plain(name).is_some_and(|name| everywhere(&name) || WINDOWS_SESSION_LEVEL.contains(&name.as_str()))
}

/// Whether a process is an application with windows, where a person starts things: by its name, and on macOS by being the program
/// of a bundle. `executable` may be empty where it is not known.
pub(super) fn is_graphical(name: &str, executable: &str) -> bool {
    let small = name.to_ascii_lowercase();
    let small = small.strip_suffix(".exe").unwrap_or(&small);
    // Python is a bundle there, too, and shows nothing.
    let bundle = executable.contains(".app/Contents/MacOS/") && !small.starts_with("python");
    // The command `claude` has the name of the application.
    let claude = executable.contains(r"\AnthropicClaude\");
    bundle || claude || TERMINALS.contains(&small) || GRAPHICAL.contains(&small)
}

/// By how many seconds the start of one process may seem to differ.
const CLOCK_SET_BY: u64 = 2;

/// Whether `caller` is the program that asks, was started by it (through however many shells), or started it itself. A
/// shell, a terminal or the session that started the asking program is where a person types, so that does not count.
pub fn would_answer_itself(caller: &Sighting, asking: &Sighting) -> bool {
    let (Some(caller), Some(asking)) = (caller.program(), asking.program()) else { return false };
    // When a process started is worked out from the clock, which is set now and then, and what registered may have been kept since.
    let is = |pid: u32, started: u64, program: &Program| pid == program.pid && started.abs_diff(program.started) <= CLOCK_SET_BY;
    let descends = caller.parents.iter().any(|parent| is(parent.pid, parent.started, asking));
    let started_it = started_by(asking).any(|parent| is(parent.pid, parent.started, caller));
    is(caller.pid, caller.started, asking) || descends || started_it
}

/// The processes that started a program, below the level at which a person starts things.
fn started_by(program: &Program) -> impl Iterator<Item = &Parent> {
    program.parents.iter().take_while(|parent| !is_session_level(&parent.name))
}

/// Whether a process above another one is that run of a program: process ids are used again.
fn is_run(parent: &Parent, program: &Program) -> bool {
    (parent.pid, parent.started) == (program.pid, program.started)
}

fn is_same_run(one: &Program, other: &Program) -> bool {
    (one.pid, one.started) == (other.pid, other.started)
}

/// Whether what was given to the program that listened may be redeemed by another process: by itself, by what it started, by what
/// started it below the level at which a person starts things, and by the process beside it of an application that has several. Electron
/// has: in VS Code the host of extensions listens, and what is sent to the network is sent by another child of its main process.
pub fn may_redeem(sender: &Program, listener: &Program) -> bool {
    let descends = sender.parents.iter().any(|parent| is_run(parent, listener));
    let started_it = started_by(listener).any(|parent| is_run(parent, sender));
    is_same_run(sender, listener) || descends || started_it || is_beside(sender, listener)
}

/// Whether two processes are of one application: both run the same program, and the process that started both does, too.
fn is_beside(one: &Program, other: &Program) -> bool {
    let (Some(parent), Some(shared)) = (started_by(one).next(), started_by(other).next()) else { return false };
    let file = one.executable.rsplit(['/', '\\']).next().unwrap_or_default();
    // Linux keeps 15 bytes of a name.
    let is_it = parent.name == file || (parent.name.len() == 15 && file.starts_with(&parent.name));
    (parent.pid, parent.started) == (shared.pid, shared.started) && is_it && one.identity() == other.identity()
}

#[cfg(test)]
mod tests {
    use doorward_oauth::program::{ProgramFile, Signature};

    use super::*;

    fn program(pid: u32, parents: &[(u32, &str)]) -> Sighting {
        Sighting::Seen(Program {
            pid,
            name: "x".into(),
            executable: "/x".into(),
            script: None,
            arguments: vec![],
            parents: parents
                .iter()
                .map(|(pid, name)| Parent { pid: *pid, name: (*name).into(), started: 0, graphical: is_graphical(name, "") })
                .collect(),
            started: 0,
            signature: Signature::default(),
            file: ProgramFile::default(),
        })
    }

    #[test]
    fn only_the_family_of_who_listened_redeems() {
        let one = |sighting: Sighting| sighting.program().expect("seen").clone();
        let listener = one(program(10, &[(8, "node"), (5, "bash"), (2, "xterm")]));
        let family = [
            (10, vec![]),
            (11, vec![(10, "agent"), (8, "node"), (5, "bash")]),
            (12, vec![(9, "sh"), (10, "agent")]),
            (8, vec![(5, "bash")]),
        ];
        for (pid, parents) in family {
            assert!(may_redeem(&one(program(pid, &parents)), &listener), "{pid}");
        }
        for (pid, parents) in
            [(13, vec![(5, "bash"), (2, "xterm")]), (14, vec![(8, "node"), (5, "bash")]), (5, vec![(2, "xterm")]), (2, vec![])]
        {
            assert!(!may_redeem(&one(program(pid, &parents)), &listener), "{pid}");
        }
        let later = Program { started: 1, parents: Vec::new(), ..listener.clone() };
        assert!(!may_redeem(&later, &listener), "another run with the same process id");
    }

    #[test]
    fn a_process_beside_the_one_that_listened_redeems_only_if_both_are_of_one_application() {
        let one = |pid, executable: &str, parents: &[(u32, &str)]| Program {
            executable: executable.into(),
            ..program(pid, parents).program().expect("seen").clone()
        };
        let listener = one(10, "/usr/share/code/code", &[(8, "code"), (5, "bash")]);
        assert!(may_redeem(&one(14, "/usr/share/code/code", &[(8, "code"), (5, "bash")]), &listener), "its application sends for it");
        for (pid, executable, parents) in [
            (14, "/home/me/code", vec![(8, "code"), (5, "bash")]),
            (15, "/usr/share/code/code", vec![(9, "code"), (5, "bash")]),
            (16, "/usr/share/code/code", vec![(7, "agent"), (8, "code"), (5, "bash")]),
            (17, "/usr/share/code/code", vec![(5, "bash")]),
        ] {
            assert!(!may_redeem(&one(pid, executable, &parents), &listener), "{pid}");
        }
        let script = |pid, script: &str| Program { script: Some(script.into()), ..one(pid, "/usr/bin/node", &[(8, "node"), (5, "bash")]) };
        assert!(!may_redeem(&script(14, "/x/evil.js"), &script(10, "/x/agent.js")), "the same interpreter runs another script");
        let (long, shortened) = ("/opt/a-name-of-many-letters", "a-name-of-many-");
        assert!(may_redeem(&one(14, long, &[(8, shortened)]), &one(10, long, &[(8, shortened)])), "as Linux calls it");
    }

    #[test]
    fn no_program_answers_itself_and_two_commands_of_one_shell_are_two_programs() {
        let agent = program(10, &[(5, "bash"), (2, "xterm")]);
        let its_child = program(11, &[(10, "agent"), (5, "bash")]);
        let through_a_shell = program(12, &[(9, "bash"), (10, "agent"), (5, "bash")]);
        let same_shell = program(13, &[(5, "bash"), (2, "xterm")]);
        let shell = program(5, &[(2, "xterm")]);
        for caller in [&agent, &its_child, &through_a_shell] {
            assert!(would_answer_itself(caller, &agent));
        }
        assert!(would_answer_itself(&agent, &its_child), "what it started asks for it");
        assert!(!would_answer_itself(&same_shell, &agent));
        assert!(!would_answer_itself(&shell, &agent), "a shell is where a person types");
        assert!(!would_answer_itself(&agent, &Sighting::Nobody));
        let again = |sighting: &Sighting, started| {
            let mut program = sighting.program().expect("seen").clone();
            program.started = started;
            Sighting::Seen(program)
        };
        assert!(!would_answer_itself(&again(&agent, 9), &agent), "another run with the same process id");
        assert!(!would_answer_itself(&its_child, &again(&agent, 9)), "what another run with its id started");
    }

    #[test]
    fn shells_and_terminals_are_known_on_every_system() {
        for name in
            ["bash", "bash.exe", "pwsh.exe", "cmd.exe", "CMD.EXE", "PowerShell.exe", "WindowsTerminal.exe", "Explorer.EXE", "Terminal"]
        {
            assert!(is_session_level(name), "{name}");
        }
        for name in ["node", "node.exe", "agent", "cmd", "services", "Code.exe", "bash.exe.exe"] {
            assert!(!is_session_level(name), "{name}");
        }
    }

    #[test]
    fn applications_with_windows_are_known_and_what_runs_in_them_is_not_one() {
        for (name, executable) in [
            ("xterm", ""),
            ("code", "/usr/share/code/code"),
            ("Code.exe", r"C:\Program Files\Microsoft VS Code\Code.exe"),
            ("Electron", "/Applications/Cursor.app/Contents/MacOS/Electron"),
            ("Claude", "/Applications/Claude.app/Contents/MacOS/Claude"),
            ("claude.exe", r"C:\Users\me\AppData\Local\AnthropicClaude\app-1\claude.exe"),
        ] {
            assert!(is_graphical(name, executable), "{name}");
        }
        for (name, executable) in [
            ("bash", "/usr/bin/bash"),
            ("node", "/usr/bin/node"),
            ("claude", "/home/me/.local/share/claude/versions/2/claude"),
            ("Python", "/Library/Frameworks/Python.framework/Versions/3.13/Resources/Python.app/Contents/MacOS/Python"),
        ] {
            assert!(!is_graphical(name, executable), "{name}");
        }
    }
}
