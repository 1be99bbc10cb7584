//! For interpreters: the script or package they run, which says more than `/usr/bin/python3`.

use std::path::{Component, Path, PathBuf};

/// How an interpreter's command line is read.
struct Interpreter {
    /// Its file name begins with this; what follows may only be a version.
    name: &'static str,
    /// Options that take the next word as their value.
    with_value: &'static [&'static str],
    /// Options whose next word is a module or archive to run.
    module: &'static [&'static str],
    /// Options whose next word is code.
    code: &'static [&'static str],
    /// Words before the script, such as `run`.
    verbs: &'static [&'static str],
}

const INTERPRETERS: &[Interpreter] = &[
    Interpreter { name: "python", with_value: &["-W", "-X", "--check-hash-based-pycs"], module: &["-m"], code: &["-c"], verbs: &[] },
    Interpreter {
        name: "node",
        with_value: &["-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file"],
        module: &[],
        code: &["-e", "--eval", "-p", "--print"],
        verbs: &[],
    },
    Interpreter { name: "bun", with_value: &["-r", "--preload"], module: &[], code: &["-e", "--eval"], verbs: &["run", "x"] },
    Interpreter { name: "deno", with_value: &["-c", "--config", "--import-map"], module: &[], code: &["eval"], verbs: &["run"] },
    Interpreter { name: "ruby", with_value: &["-r", "-I"], module: &[], code: &["-e"], verbs: &[] },
    Interpreter { name: "perl", with_value: &["-I"], module: &[], code: &["-e", "-E"], verbs: &[] },
    Interpreter {
        name: "java",
        with_value: &["-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules", "--add-opens", "--add-exports"],
        module: &["-jar", "-m", "--module"],
        code: &[],
        verbs: &[],
    },
    Interpreter { name: "bash", with_value: &["-o", "-O"], module: &[], code: &["-c"], verbs: &[] },
    Interpreter { name: "dash", with_value: &["-o"], module: &[], code: &["-c"], verbs: &[] },
    Interpreter { name: "zsh", with_value: &["-o"], module: &[], code: &["-c"], verbs: &[] },
    Interpreter { name: "sh", with_value: &["-o"], module: &[], code: &["-c"], verbs: &[] },
    Interpreter {
        name: "powershell",
        with_value: &["-ExecutionPolicy", "-ep", "-WindowStyle", "-WorkingDirectory"],
        module: &["-File", "-f"],
        code: &["-Command", "-c", "-EncodedCommand", "-e", "-enc"],
        verbs: &[],
    },
    Interpreter {
        name: "pwsh",
        with_value: &["-ExecutionPolicy", "-ep", "-WindowStyle", "-WorkingDirectory"],
        module: &["-File", "-f"],
        code: &["-Command", "-c", "-EncodedCommand", "-e", "-enc"],
        verbs: &[],
    },
    Interpreter {
        name: "cmd",
        with_value: &[],
        module: &[],
        code: &["/c", "/C", "/k", "/K"],
        verbs: &["/d", "/D", "/s", "/S", "/q", "/Q"],
    },
];

/// What an interpreter runs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Script {
    /// A short name to show.
    pub(super) name: String,
    /// The whole of it: an absolute path, a module, or that it is code on the command line.
    pub(super) full: String,
}

/// What the process with this executable and command line runs, if it is an interpreter. `folder` is where it runs.
pub(super) fn of(executable: &Path, arguments: &[String], folder: Option<&Path>) -> Option<Script> {
    // On Windows any case means the same, and on macOS the framework's is called Python.
    let file = executable.file_name()?.to_str()?.to_ascii_lowercase();
    let file = file.strip_suffix(".exe").unwrap_or(&file);
    // Those without a console, as they are called on Windows.
    let base = if ["pythonw", "javaw"].contains(&file) { &file[..file.len() - 1] } else { file };
    let interpreter = INTERPRETERS.iter().find(|interpreter| {
        let rest = base.strip_prefix(interpreter.name);
        rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.')) || (interpreter.name == "node" && file == "nodejs")
    })?;
    let mut words = arguments.iter().skip(1);
    let mut verb = "";
    while let Some(word) = words.next() {
        if interpreter.code.contains(&word.as_str()) {
            return Some(Script { name: format!("code given to {file}"), full: "code on the command line".to_owned() });
        }
        if interpreter.module.contains(&word.as_str()) {
            let module = words.next()?;
            let name = Path::new(module).file_name().and_then(|name| name.to_str()).unwrap_or(module);
            return Some(Script { name: name.to_owned(), full: format!("{word} {module}") });
        }
        if interpreter.with_value.contains(&word.as_str()) {
            words.next();
        } else if interpreter.verbs.contains(&word.as_str()) {
            verb = word;
        } else if !word.starts_with('-') {
            // What is fetched by its name, and Java's classes, are no files.
            let is_package = verb == "x" || ["npm:", "jsr:", "http:", "https:"].iter().any(|scheme| word.starts_with(scheme));
            let is_class = interpreter.name == "java" && !word.ends_with(".java");
            let named = || Script { name: word.clone(), full: word.clone() };
            return Some(if is_package || is_class { named() } else { script_file(word, folder) });
        }
    }
    None
}

fn script_file(word: &str, folder: Option<&Path>) -> Script {
    let path = folder.map_or_else(|| PathBuf::from(word), |folder| folder.join(word));
    // Package managers start programs through links; the file behind one says which package it is. Where the folder is not known, a
    // name would be looked for in ours.
    let path = if path.is_absolute() { path.canonicalize().unwrap_or(path) } else { path };
    // Windows' way to say that a path may be long.
    let path = path.to_str().and_then(|path| path.strip_prefix(r"\\?\")).map(PathBuf::from).unwrap_or(path);
    let full = path.to_string_lossy().into_owned();
    let name =
        package_of(&path).unwrap_or_else(|| path.file_name().map_or_else(|| full.clone(), |name| name.to_string_lossy().into_owned()));
    Script { name, full }
}

/// The innermost npm package a file belongs to: `…/node_modules/@scope/name/…`.
fn package_of(path: &Path) -> Option<String> {
    let parts: Vec<&str> =
        path.components().filter_map(|part| if let Component::Normal(part) = part { part.to_str() } else { None }).collect();
    let at = parts.iter().rposition(|part| *part == "node_modules")?;
    let first = parts.get(at + 1)?;
    if first.starts_with('@') { Some(format!("{first}/{}", parts.get(at + 2)?)) } else { Some((*first).to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(executable: &str, line: &str) -> Option<(String, String)> {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        of(Path::new(executable), &arguments, Some(Path::new("/home/me"))).map(|script| (script.name, script.full.replace('\\', "/")))
    }

    #[test]
    fn interpreters_are_named_by_what_they_run() {
        let script = |name: &str, full: &str| Some((name.to_owned(), full.to_owned()));
        assert_eq!(read("/usr/bin/python3.11", "python3 -u agent.py --port 1"), script("agent.py", "/home/me/agent.py"));
        assert_eq!(read("/usr/bin/python3", "python3 -X dev -m http.server 80"), script("http.server", "-m http.server"));
        assert_eq!(read("/usr/bin/python3", "python3 -c print(1)"), script("code given to python3", "code on the command line"));
        assert_eq!(read("/usr/bin/python3", "python3"), None);
        assert_eq!(
            read("/usr/bin/node", "node --require /x/hook.js /opt/node_modules/@scope/cli/dist/index.js serve"),
            script("@scope/cli", "/opt/node_modules/@scope/cli/dist/index.js")
        );
        assert_eq!(
            read("/usr/bin/nodejs", "nodejs /opt/node_modules/mcporter/cli.js"),
            script("mcporter", "/opt/node_modules/mcporter/cli.js")
        );
        assert_eq!(read("/usr/bin/bun", "bun run tool.ts"), script("tool.ts", "/home/me/tool.ts"));
        assert_eq!(read("/usr/bin/java", "java -cp a.jar -jar /opt/tool.jar"), script("tool.jar", "-jar /opt/tool.jar"));
        assert_eq!(read("/usr/bin/java", "java -cp a.jar com.example.Main"), script("com.example.Main", "com.example.Main"));
        assert_eq!(read("/usr/bin/java", "java Main.java"), script("Main.java", "/home/me/Main.java"));
        assert_eq!(read("/usr/bin/bun", "bun x @scope/tool --port 1"), script("@scope/tool", "@scope/tool"));
        assert_eq!(read("/usr/bin/deno", "deno run -A npm:tool"), script("npm:tool", "npm:tool"));
        assert_eq!(read("/bin/sh", "sh -c curl"), script("code given to sh", "code on the command line"));
        assert_eq!(read("/usr/bin/nodemon", "nodemon x.js"), None, "only the interpreter itself");
        assert_eq!(read("/opt/claude", "claude --resume"), None);
        assert_eq!(read("/Library/Python.app/Contents/MacOS/Python", "python3 agent.py"), script("agent.py", "/home/me/agent.py"));
        assert_eq!(read("/c/PYTHONW.EXE", "pythonw agent.py"), script("agent.py", "/home/me/agent.py"));
        assert_eq!(read("/c/pwsh.exe", "pwsh -File agent.ps1"), script("agent.ps1", "-File agent.ps1"));
        assert_eq!(read("/c/cmd.exe", "cmd /d /s /c dir"), script("code given to cmd", "code on the command line"));
    }

    #[test]
    fn a_script_in_a_folder_that_is_not_known_is_not_looked_for_in_ours() {
        let arguments = ["python3", "Cargo.toml"].map(str::to_owned);
        let seen = of(Path::new("/usr/bin/python3"), &arguments, None).expect("a script");
        assert_eq!((seen.name.as_str(), seen.full.as_str()), ("Cargo.toml", "Cargo.toml"));
    }
}
