//! What can be said about a program on this computer, as plain facts. Looking them up is the broker's job.

use doorward_words::Said;
use serde::{Deserialize, Serialize};

/// One process as the operating system describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The process id, good only together with `started`.
    pub pid: u32,
    /// The name to show: the script or package for an interpreter, otherwise the executable's file name.
    pub name: String,
    /// The executable's absolute path.
    pub executable: String,
    /// For interpreters (python, node, …): the script or package they run.
    pub script: Option<String>,
    /// The command line, chosen by the program itself.
    pub arguments: Vec<String>,
    /// The processes above it, nearest first, up to the session. [`Program::shown_parents`] are those that matter to people.
    pub parents: Vec<Parent>,
    /// When it started, in Unix seconds: tells a reused process id apart.
    pub started: u64,
    /// Who signed the executable.
    #[serde(default)]
    pub signature: Signature,
    /// Whether the executable's file still is what runs.
    #[serde(default)]
    pub file: ProgramFile,
}

/// Who signed an executable, as far as the system says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Signature {
    /// Nobody looked: this system does not sign programs.
    #[default]
    NotLooked,
    /// Nobody signed it, or nobody who can be named.
    Unsigned,
    /// It is signed, and the system takes the signature for good.
    Signed {
        /// Who signed it, as the certificate says.
        by: String,
    },
    /// It is signed, and the signature does not hold: the file was changed, or the system does not trust who signed.
    Broken,
    /// It cannot be told, and this is why, in words for people.
    CannotTell {
        /// A part of a sentence.
        #[serde(flatten, with = "doorward_words::beside::why")]
        why: Said,
    },
}

/// What became of an executable's file since the program started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgramFile {
    /// It is there, as far as can be seen.
    #[default]
    AsStarted,
    /// It is gone, or another one is in its place, as after an update: what is there says nothing about what runs.
    ChangedOrGone,
}

/// One process above another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The process id.
    pub pid: u32,
    /// Its file name.
    pub name: String,
    /// When it started, in Unix seconds.
    #[serde(default)]
    pub started: u64,
    /// Whether it is an application with windows, such as a terminal or an editor: a person started what is below it.
    #[serde(default)]
    pub graphical: bool,
}

impl Program {
    /// The parents that say where it comes from: up to the first graphical application. Those above it are the session.
    pub fn shown_parents(&self) -> &[Parent] {
        let last = self.parents.iter().position(|parent| parent.graphical);
        last.and_then(|last| self.parents.get(..=last)).unwrap_or(&self.parents)
    }

    /// Whether nobody vouches for what runs: its file is another one or was changed after it was signed, or the system, which signs
    /// programs, does not say who signed this one.
    pub fn is_doubtful(&self) -> bool {
        let vouched_for = match self.signature {
            Signature::NotLooked | Signature::Signed { .. } => true,
            Signature::Unsigned | Signature::Broken | Signature::CannotTell { .. } => false,
        };
        self.file == ProgramFile::ChangedOrGone || !vouched_for
    }

    /// The file that says which program it is: the script of an interpreter, or else the executable.
    pub fn file(&self) -> &str {
        self.script.as_deref().unwrap_or(&self.executable)
    }

    /// What makes two runs the same program: the executable, and the script for an interpreter.
    pub fn identity(&self) -> String {
        match &self.script {
            Some(script) => format!("{}\n{script}", self.executable),
            None => self.executable.clone(),
        }
    }
}

/// The answer to "which program is it?". The third state is always honest: nothing is made up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Sighting {
    /// This one.
    Seen(Program),
    /// There is none: nothing listens on that port.
    Nobody,
    /// It cannot be told, and this is why, in words for people.
    CannotTell {
        /// One sentence.
        #[serde(flatten, with = "doorward_words::beside::why")]
        why: Said,
    },
}

impl Sighting {
    /// The program, when it is known.
    pub const fn program(&self) -> Option<&Program> {
        match self {
            Self::Seen(program) => Some(program),
            Self::Nobody | Self::CannotTell { .. } => None,
        }
    }

    /// The same without the command line, which may carry secrets and so never rests on disk.
    #[must_use]
    pub fn without_arguments(mut self) -> Self {
        if let Self::Seen(program) = &mut self {
            program.arguments.clear();
        }
        self
    }

    /// The state in which nothing is claimed.
    pub const fn cannot_tell(why: Said) -> Self {
        Self::CannotTell { why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str = r#"{"pid":7,"name":"agent","executable":"/bin/agent","script":null,"arguments":[],"started":3,
        "parents":[{"pid":6,"name":"zsh"},{"pid":5,"name":"xterm","started":2,"graphical":true},{"pid":4,"name":"openbox","started":1}]}"#;

    #[test]
    fn what_was_stored_before_signatures_were_looked_at_is_still_read() {
        let program: Program = serde_json::from_str(STORED).expect("reads");
        assert_eq!((program.signature, program.file), (Signature::NotLooked, ProgramFile::AsStarted));
    }

    #[test]
    fn parents_are_shown_up_to_the_first_graphical_application() {
        let mut program: Program = serde_json::from_str(STORED).expect("reads");
        let names = |program: &Program| program.shown_parents().iter().map(|parent| parent.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&program), ["zsh", "xterm"]);
        program.parents[1].graphical = false;
        assert_eq!(names(&program), ["zsh", "xterm", "openbox"], "all, when there is none");
    }

    #[test]
    fn why_it_cannot_be_told_is_kept_as_a_sentence_and_words_of_before_are_read() {
        let late = Sighting::cannot_tell(Said::plain("why-late"));
        let written = serde_json::to_value(&late).expect("writes");
        assert_eq!(
            written,
            serde_json::json!({ "state": "cannot_tell", "why": "it took too long to look", "why_said": { "id": "why-late" } })
        );
        assert_eq!(serde_json::from_value::<Sighting>(written).expect("reads"), late);
        let before = serde_json::json!({ "state": "cannot_tell", "why": "it is already gone" });
        assert_eq!(serde_json::from_value::<Sighting>(before).expect("reads"), Sighting::cannot_tell(Said::verbatim("it is already gone")));
        let signature = serde_json::to_value(Signature::CannotTell { why: Said::plain("why-late") }).expect("writes");
        assert_eq!(signature["why"], "it took too long to look");
        assert_eq!(serde_json::from_value::<Signature>(signature).expect("reads"), Signature::CannotTell { why: Said::plain("why-late") });
    }

    #[test]
    fn a_program_is_doubtful_unless_somebody_signed_it_where_programs_are_signed_or_when_its_file_is_another_one() {
        let sound: Program = serde_json::from_str(STORED).expect("reads");
        let with = |signature| Program { signature, ..sound.clone() };
        assert!(!sound.is_doubtful(), "this system does not sign programs");
        assert!(!with(Signature::Signed { by: "Example Ltd".into() }).is_doubtful());
        for signature in [Signature::Unsigned, Signature::Broken, Signature::CannotTell { why: Said::plain("why-late") }] {
            assert!(with(signature.clone()).is_doubtful(), "{signature:?}");
        }
        assert!(Program { file: ProgramFile::ChangedOrGone, ..sound.clone() }.is_doubtful());
    }

    #[test]
    fn a_signature_is_written_as_a_state() {
        let written = |signature: Signature| serde_json::to_value(signature).expect("writes");
        assert_eq!(written(Signature::NotLooked), serde_json::json!({ "state": "not_looked" }));
        assert_eq!(written(Signature::Signed { by: "Example Ltd".into() }), serde_json::json!({ "state": "signed", "by": "Example Ltd" }));
    }
}
