//! For interpreters: the script or package they run, which says more than `/usr/bin/python3`.

use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

/// How an interpreter's command line is read.
struct Interpreter {
    /// Its file name begins with this; what follows may only be a version.
    name: &'static str,
    /// Options that take the next word as their value.
    with_value: &'static [&'static str],
    /// Options whose next word says where classes are looked for.
    places: &'static [&'static str],
    /// Options whose next word is a module to run.
    module: &'static [&'static str],
    /// Options whose next word is a file to run.
    file: &'static [&'static str],
    /// Options, or words, after which there is code.
    code: &'static [&'static str],
    /// Words before the script, such as `run`.
    verbs: &'static [&'static str],
    /// How its options are written.
    options: Options,
}

/// How options are written.
#[derive(Clone, Copy)]
enum Options {
    /// Each is a word of its own.
    Words,
    /// Several letters may share a dash, and the value of one may follow in the same word; of these it can only be there.
    Glued(&'static str),
    /// Several letters may share a dash, and values are words of their own: a shell. `-c` says that the first word which is no
    /// option is code.
    Shell,
    /// They are shortened as long as they can be told apart, in any case, and what is no option is code or a file.
    PowerShell { plain_is_code: bool },
    /// They begin with a slash, in any case, and several may share a word.
    Slashes,
}

/// What a word of a command line says about what runs.
enum Word<'a> {
    Code,
    /// What is run is read from standard input.
    Input,
    /// A module, by its name in the same word or in the next one.
    Module(Option<&'a str>),
    /// The next word is a file that is run.
    File,
    /// The next word says where classes are looked for.
    Places,
    /// The next word is a value.
    Value,
    /// What follows is no option.
    End,
    /// Nothing.
    Option,
    /// It is no option.
    Plain,
}

const PLAIN: Interpreter =
    Interpreter { name: "", with_value: &[], places: &[], module: &[], file: &[], code: &[], verbs: &[], options: Options::Words };
const SHELL: Interpreter =
    Interpreter { with_value: &["-o", "-O", "+o", "+O", "--rcfile", "--init-file"], code: &["-c"], options: Options::Shell, ..PLAIN };

const INTERPRETERS: &[Interpreter] = &[
    Interpreter {
        name: "python",
        with_value: &["-W", "-X", "--check-hash-based-pycs"],
        module: &["-m"],
        code: &["-c"],
        options: Options::Glued(""),
        ..PLAIN
    },
    Interpreter {
        name: "node",
        with_value: &["-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file"],
        code: &["-e", "--eval", "-p", "--print", "-pe"],
        ..PLAIN
    },
    Interpreter { name: "bun", with_value: &["-r", "--preload"], code: &["-e", "--eval", "-p", "--print"], verbs: &["run", "x"], ..PLAIN },
    Interpreter { name: "deno", with_value: &["-c", "--config", "--import-map"], code: &["eval"], verbs: &["run"], ..PLAIN },
    Interpreter { name: "ruby", with_value: &["-r", "-I", "-C", "-E"], code: &["-e"], options: Options::Glued("iFKTWx0"), ..PLAIN },
    Interpreter { name: "perl", with_value: &["-I"], code: &["-e", "-E"], options: Options::Glued("iMmFDCxV0"), ..PLAIN },
    Interpreter {
        name: "java",
        with_value: &["--add-modules", "--add-opens", "--add-exports"],
        places: &["-cp", "-classpath", "--class-path", "-p", "--module-path"],
        module: &["-m", "--module"],
        file: &["-jar"],
        ..PLAIN
    },
    Interpreter { name: "bash", ..SHELL },
    Interpreter { name: "dash", ..SHELL },
    Interpreter { name: "zsh", ..SHELL },
    Interpreter { name: "sh", ..SHELL },
    Interpreter { name: "powershell", options: Options::PowerShell { plain_is_code: true }, ..PLAIN },
    Interpreter { name: "pwsh", options: Options::PowerShell { plain_is_code: false }, ..PLAIN },
    Interpreter { name: "cmd", options: Options::Slashes, ..PLAIN },
];

impl Interpreter {
    /// What a word says.
    fn read<'a>(&self, word: &'a str) -> Word<'a> {
        let is_one = |options: &[&str], word: &str| options.contains(&word);
        match self.options {
            Options::PowerShell { plain_is_code } => return powershell(word, plain_is_code),
            Options::Slashes if !word.starts_with('/') => return Word::Plain,
            Options::Slashes => {
                let small = word.to_ascii_lowercase();
                return if small.contains("/c") || small.contains("/k") { Word::Code } else { Word::Option };
            }
            Options::Words | Options::Glued(_) | Options::Shell => {}
        }
        let (name, value) = match word.split_once('=').filter(|_| word.starts_with("--")) {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        if is_one(self.code, name) {
            return Word::Code;
        }
        if is_one(self.module, name) {
            return Word::Module(value);
        }
        if value.is_none() {
            if is_one(self.file, name) {
                return Word::File;
            }
            if is_one(self.places, name) {
                return Word::Places;
            }
            if is_one(self.with_value, name) {
                return Word::Value;
            }
        }
        match (word, self.options) {
            ("--", _) | ("-", Options::Shell) => Word::End,
            ("-", _) => Word::Input,
            (_, Options::Shell) if word.starts_with('+') => Word::Option,
            _ if word.starts_with("--") => Word::Option,
            (_, Options::Shell) if word.starts_with('-') => {
                let has = |letters: &[char]| word.contains(letters);
                match () {
                    () if has(&['c']) => Word::Code,
                    () if has(&['s']) => Word::Input,
                    () if has(&['o', 'O']) => Word::Value,
                    () => Word::Option,
                }
            }
            (_, Options::Glued(only_here)) if word.starts_with('-') => self.glued(word, only_here),
            _ if word.starts_with('-') => Word::Option,
            _ => Word::Plain,
        }
    }

    /// The same for several letters after one dash.
    fn glued<'a>(&self, word: &'a str, only_here: &str) -> Word<'a> {
        for (at, letter) in word.char_indices().skip(1) {
            let (option, rest) = (format!("-{letter}"), &word[at + letter.len_utf8()..]);
            let is_one = |options: &[&str]| options.contains(&option.as_str());
            if is_one(self.code) {
                return Word::Code;
            }
            if is_one(self.module) {
                return Word::Module((!rest.is_empty()).then_some(rest));
            }
            if is_one(self.with_value) {
                return if rest.is_empty() { Word::Value } else { Word::Option };
            }
            if only_here.contains(letter) {
                return Word::Option;
            }
        }
        Word::Option
    }
}

fn powershell(word: &str, plain_is_code: bool) -> Word<'_> {
    const CODE: &[&str] = &["command", "commandwithargs", "cwa", "encodedcommand", "ec"];
    const WITH_VALUE: &[&str] = &[
        "executionpolicy",
        "ep",
        "windowstyle",
        "workingdirectory",
        "wd",
        "configurationname",
        "configurationfile",
        "custompipename",
        "inputformat",
        "outputformat",
        "settingsfile",
        "psconsolefile",
        "version",
    ];
    if word == "-" {
        return Word::Input;
    }
    let Some(option) = word.strip_prefix(['-', '/']).filter(|option| !option.is_empty()) else {
        return if plain_is_code { Word::Code } else { Word::Plain };
    };
    let option = option.trim_start_matches('-').to_ascii_lowercase();
    let begins = |options: &[&str]| options.iter().any(|whole| whole.starts_with(&option));
    match () {
        () if begins(CODE) => Word::Code,
        () if begins(&["file"]) => Word::File,
        () if begins(WITH_VALUE) => Word::Value,
        () => Word::Option,
    }
}

/// What an interpreter runs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Script {
    /// A short name to show.
    pub(super) name: String,
    /// The whole of it: an absolute path, a module, or that it is code on the command line, and which. Two runs with the same one
    /// run the same.
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
    let (mut verb, mut places, mut ended) = ("", None, false);
    while let Some(word) = words.next() {
        match if ended { Word::Plain } else { interpreter.read(word) } {
            Word::Code => return Some(code(file, arguments)),
            Word::Input => return None,
            Word::Module(named) => {
                let module = named.or_else(|| words.next().map(String::as_str))?;
                return Some(if interpreter.name == "java" { class(module, places, folder) } else { python_module(module, folder) });
            }
            Word::File => return words.next().map(|file| script_file(file, folder)),
            Word::Places => places = words.next().map(String::as_str),
            Word::Value => drop(words.next()),
            Word::End => ended = true,
            Word::Option => {}
            Word::Plain if interpreter.verbs.contains(&word.as_str()) && verb.is_empty() => verb = word,
            Word::Plain => {
                // What is fetched by its name, and Java's classes, are no files.
                let is_package = verb == "x" || ["npm:", "jsr:", "http:", "https:"].iter().any(|scheme| word.starts_with(scheme));
                return Some(match () {
                    () if is_package => Script { name: word.clone(), full: word.clone() },
                    () if interpreter.name == "java" && !word.ends_with(".java") => class(word, places, folder),
                    () => script_file(word, folder),
                });
            }
        }
    }
    None
}

/// Code is known by the whole command line: what follows it may be code as well, and what comes before may say what it does.
fn code(interpreter: &str, arguments: &[String]) -> Script {
    let mut digest = Sha256::new();
    for word in arguments.iter().skip(1) {
        digest.update(word.len().to_le_bytes());
        digest.update(word);
    }
    let short: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Script { name: format!("code given to {interpreter}"), full: format!("code on the command line (SHA-256 begins {short})") }
}

/// A module that Python finds where the process runs, before all others; otherwise one that is installed, by its name.
fn python_module(module: &str, folder: Option<&Path>) -> Script {
    let path = module.replace('.', std::path::MAIN_SEPARATOR_STR);
    let files = [format!("{path}.py"), format!("{path}{}__main__.py", std::path::MAIN_SEPARATOR)];
    let here = folder.and_then(|folder| files.into_iter().find(|file| folder.join(file).is_file()));
    let full = here.map_or_else(|| format!("-m {module}"), |file| script_file(&file, folder).full);
    Script { name: module.to_owned(), full }
}

/// A class or module of Java, in the places where it is looked for.
fn class(class: &str, places: Option<&str>, folder: Option<&Path>) -> Script {
    let places: Vec<String> = match places {
        Some(places) => std::env::split_paths(places).map(|place| absolute(&place, folder).to_string_lossy().into_owned()).collect(),
        None => folder.map(|folder| folder.to_string_lossy().into_owned()).into_iter().collect(),
    };
    let full = if places.is_empty() { class.to_owned() } else { format!("{class} in {}", places.join(", ")) };
    Script { name: class.to_owned(), full }
}

fn script_file(word: &str, folder: Option<&Path>) -> Script {
    let path = absolute(Path::new(word), folder);
    let full = path.to_string_lossy().into_owned();
    let name =
        package_of(&path).unwrap_or_else(|| path.file_name().map_or_else(|| full.clone(), |name| name.to_string_lossy().into_owned()));
    Script { name, full }
}

/// A path of a process that runs in `folder`, without links.
fn absolute(path: &Path, folder: Option<&Path>) -> PathBuf {
    let path = folder.map_or_else(|| path.to_owned(), |folder| folder.join(path));
    // Package managers start programs through links; the file behind one says which package it is. Where the folder is not known, a
    // name would be looked for in ours.
    let path = if path.is_absolute() { path.canonicalize().unwrap_or(path) } else { path };
    // Windows' way to say that a path may be long.
    path.to_str().and_then(|path| path.strip_prefix(r"\\?\")).map(PathBuf::from).unwrap_or(path)
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
        assert_eq!(read("/usr/bin/java", "java -cp a.jar -jar /opt/tool.jar"), script("tool.jar", "/opt/tool.jar"));
        let several = if cfg!(windows) { "java -cp a.jar;/b com.example.Main" } else { "java -cp a.jar:/b com.example.Main" };
        assert_eq!(read("/usr/bin/java", several), script("com.example.Main", "com.example.Main in /home/me/a.jar, /b"));
        assert_eq!(read("/usr/bin/java", "java com.example.Main"), script("com.example.Main", "com.example.Main in /home/me"));
        assert_eq!(read("/usr/bin/java", "java -p mods -m app/Main"), script("app/Main", "app/Main in /home/me/mods"));
        assert_eq!(read("/usr/bin/java", "java -jar tool.jar"), script("tool.jar", "/home/me/tool.jar"));
        assert_eq!(read("/usr/bin/java", "java Main.java"), script("Main.java", "/home/me/Main.java"));
        assert_eq!(read("/usr/bin/bun", "bun x @scope/tool --port 1"), script("@scope/tool", "@scope/tool"));
        assert_eq!(read("/usr/bin/deno", "deno run -A npm:tool"), script("npm:tool", "npm:tool"));
        assert_eq!(read("/usr/bin/nodemon", "nodemon x.js"), None, "only the interpreter itself");
        assert_eq!(read("/opt/claude", "claude --resume"), None);
        assert_eq!(read("/Library/Python.app/Contents/MacOS/Python", "python3 agent.py"), script("agent.py", "/home/me/agent.py"));
        assert_eq!(read("/c/PYTHONW.EXE", "pythonw agent.py"), script("agent.py", "/home/me/agent.py"));
        assert_eq!(read("/c/pwsh.exe", "pwsh -File agent.ps1"), script("agent.ps1", "/home/me/agent.ps1"));
    }

    #[test]
    fn code_on_the_command_line_is_found_however_it_is_written_and_known_by_what_it_is() {
        let mut all = std::collections::BTreeSet::new();
        let lines = [
            ("/usr/bin/python3", "python3 -c print(1)"),
            ("/usr/bin/python3", "python3 -c print(2)"),
            ("/usr/bin/python3", "python3 -cprint(1)"),
            ("/usr/bin/python3", "python3 -Bc print(1)"),
            ("/usr/bin/python3", "python3 -X dev -IBc print(1)"),
            ("/usr/bin/python3", "python3 -c exec(argv[1]) one"),
            ("/usr/bin/python3", "python3 -c exec(argv[1]) two"),
            ("/usr/bin/node", "node -e 1"),
            ("/usr/bin/node", "node -pe 1"),
            ("/usr/bin/node", "node --eval=1"),
            ("/usr/bin/bun", "bun --print 1"),
            ("/usr/bin/deno", "deno eval 1"),
            ("/usr/bin/perl", "perl -lane print"),
            ("/usr/bin/perl", "perl -i.bak -pe s/a/b/"),
            ("/usr/bin/ruby", "ruby -rjson -ne print"),
            ("/bin/sh", "sh -c curl"),
            ("/usr/bin/bash", "bash -lc curl"),
            ("/usr/bin/bash", "bash -eo pipefail -c curl"),
            ("/usr/bin/bash", "bash -euxo pipefail -c curl"),
            ("/usr/bin/bash", "bash --rcfile x +x -cl curl"),
            ("/usr/bin/zsh", "zsh -ic curl"),
            ("/c/cmd.exe", "cmd /d /s /c dir"),
            ("/c/cmd.exe", "cmd /D/S/C dir"),
            ("/c/pwsh.exe", "pwsh -NoProfile -ep Bypass -comm dir"),
            ("/c/pwsh.exe", "pwsh -enc ZABpAHIA"),
            ("/c/powershell.exe", "powershell -NoLogo dir"),
        ];
        for (executable, line) in lines {
            let (name, full) = read(executable, line).unwrap_or_else(|| panic!("{line}: nothing"));
            assert!(name.starts_with("code given to ") && full.starts_with("code on the command line (SHA-256 begins "), "{line}: {full}");
            assert_eq!(read(executable, line).map(|(_, full)| full).as_ref(), Some(&full), "{line}: the same again");
            assert!(all.insert((executable, full)), "{line}: another one");
        }
    }

    #[test]
    fn what_looks_like_code_and_is_none_is_no_code() {
        let script = |name: &str, full: &str| Some((name.to_owned(), full.to_owned()));
        for (executable, line, expected) in [
            ("/usr/bin/bash", "bash -o posix agent.sh", script("agent.sh", "/home/me/agent.sh")),
            ("/usr/bin/bash", "bash -eu agent.sh -c", script("agent.sh", "/home/me/agent.sh")),
            ("/usr/bin/bash", "bash -- -c", script("-c", "/home/me/-c")),
            ("/usr/bin/bash", "bash -s one", None),
            ("/usr/bin/python3", "python3 - one", None),
            ("/usr/bin/python3", "python3 -Wc agent.py", script("agent.py", "/home/me/agent.py")),
            ("/usr/bin/perl", "perl -Mexample agent.pl", script("agent.pl", "/home/me/agent.pl")),
            ("/usr/bin/ruby", "ruby -rbase64 agent.rb", script("agent.rb", "/home/me/agent.rb")),
            ("/c/pwsh.exe", "pwsh -nop -ExecutionPolicy Bypass agent.ps1", script("agent.ps1", "/home/me/agent.ps1")),
            ("/c/pwsh.exe", "pwsh -fi agent.ps1", script("agent.ps1", "/home/me/agent.ps1")),
        ] {
            assert_eq!(read(executable, line), expected, "{line}");
        }
    }

    #[test]
    fn a_module_is_the_file_that_python_finds_where_the_process_runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = absolute(&folder.path().canonicalize().expect("is there"), None);
        std::fs::create_dir_all(home.join("tool/part")).expect("made");
        for file in ["tool/part/__main__.py", "agent.py"] {
            std::fs::write(home.join(file), "").expect("written");
        }
        for (words, name, full) in [
            ("-m agent", "agent", home.join("agent.py").to_string_lossy().into_owned()),
            ("-Bm tool.part", "tool.part", home.join("tool").join("part").join("__main__.py").to_string_lossy().into_owned()),
            ("-magent", "agent", home.join("agent.py").to_string_lossy().into_owned()),
            ("-m http.server", "http.server", "-m http.server".to_owned()),
        ] {
            let line: Vec<String> = std::iter::once("python3").chain(words.split(' ')).map(str::to_owned).collect();
            let seen = of(Path::new("/usr/bin/python3"), &line, Some(&home)).expect("a module");
            assert_eq!((seen.name.as_str(), seen.full.as_str()), (name, full.as_str()), "{words}");
        }
    }

    #[test]
    fn a_script_in_a_folder_that_is_not_known_is_not_looked_for_in_ours() {
        let arguments = ["python3", "Cargo.toml"].map(str::to_owned);
        let seen = of(Path::new("/usr/bin/python3"), &arguments, None).expect("a script");
        assert_eq!((seen.name.as_str(), seen.full.as_str()), ("Cargo.toml", "Cargo.toml"));
    }
}
