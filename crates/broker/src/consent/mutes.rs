//! Programs that are not asked about for a while, because a person said no to them again and again, or said so.

use std::{collections::HashMap, time::Duration};

use doorward_oauth::{
    consent::{ConsentKind, ConsentRequest, WhyAsked},
    program::Program,
    time::UnixTime,
};
use serde::{Deserialize, Serialize};

/// How long what a program was told counts.
const COUNTS: Duration = Duration::from_secs(10 * 60);
/// How long a program is muted the first time; it doubles each time, up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How many times within ten minutes a program is told no, or told nothing, before it is muted.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Told no.
    pub denials: u32,
    /// Told nothing in time.
    pub unanswered: u32,
}

/// A program that is muted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MutedView {
    /// What it is called by when it is to be heard again: its executable, and its script.
    pub program: String,
    /// Its name.
    pub name: String,
    /// Until when, in Unix seconds.
    pub until: i64,
}

/// How a question ended, as far as it counts here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Allowed,
    Denied,
    TimedOut,
}

/// One program; all that cannot be told are one.
#[derive(Default)]
struct History {
    name: String,
    denied: Vec<UnixTime>,
    unanswered: Vec<UnixTime>,
    /// How often it was muted so far.
    level: u32,
    until: Option<UnixTime>,
}

/// What programs were told.
pub(super) struct Mutes {
    patience: Patience,
    of: HashMap<String, History>,
}

/// The program that causes a question, by what recognises it and by name; those that cannot be told apart are one. `None` for a
/// question that no program causes.
pub fn cause(request: &ConsentRequest) -> Option<(String, String)> {
    let program = request.kind.cause()?.program();
    let name = program.map_or_else(|| "a program that cannot be told".to_owned(), |program| program.name.clone());
    Some((program.map(Program::identity).unwrap_or_default(), name))
}

/// The same, where the question can be one too many: a call that a person wants to be asked about each time never is.
pub(super) fn nuisance(request: &ConsentRequest) -> Option<(String, String)> {
    let wanted = matches!(&request.kind, ConsentKind::Call(call) if call.why == WhyAsked::EachTime);
    if wanted { None } else { cause(request) }
}

impl Mutes {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, of: HashMap::new() }
    }

    /// Until when it is muted.
    pub(super) fn until(&self, program: &str, now: UnixTime) -> Option<UnixTime> {
        self.of.get(program)?.until.filter(|until| now < *until)
    }

    /// Notes how a question of it ended. Gives until when it is muted, if it is from now on.
    pub(super) fn note(&mut self, (program, name): (String, String), ended: Ended, now: UnixTime) -> Option<UnixTime> {
        self.of.retain(|_, history| !history.is_over(now));
        if ended == Ended::Allowed {
            self.of.remove(&program);
            return None;
        }
        let patience = self.patience;
        let history = self.of.entry(program).or_default();
        history.name = name;
        let (told, most) = match ended {
            Ended::TimedOut => (&mut history.unanswered, patience.unanswered),
            Ended::Denied | Ended::Allowed => (&mut history.denied, patience.denials),
        };
        told.retain(|at| now.since(*at) < COUNTS);
        told.push(now);
        if told.len() < most as usize {
            return None;
        }
        told.clear();
        let long = FIRST.saturating_mul(1 << history.level.min(8)).min(LONGEST);
        history.level += 1;
        history.until = Some(now.plus(long));
        history.until
    }

    /// Mutes it for the longest time, because a person said so.
    pub(super) fn mute(&mut self, (program, name): (String, String), now: UnixTime) {
        let history = self.of.entry(program).or_default();
        history.name = name;
        history.until = Some(now.plus(LONGEST));
    }

    /// Hears it again. `false` when it was not muted.
    pub(super) fn unmute(&mut self, program: &str) -> bool {
        self.of.remove(program).is_some_and(|history| history.until.is_some())
    }

    /// Those that are muted.
    pub(super) fn all(&self, now: UnixTime) -> Vec<MutedView> {
        let muted = self.of.iter().filter_map(|(program, history)| {
            let until = history.until.filter(|until| now < *until)?;
            Some(MutedView { program: program.clone(), name: history.name.clone(), until: until.as_secs() })
        });
        let mut muted: Vec<MutedView> = muted.collect();
        muted.sort_by(|one, other| one.program.cmp(&other.program));
        muted
    }
}

impl History {
    /// Whether nothing of it counts any more.
    fn is_over(&self, now: UnixTime) -> bool {
        let old = |at: &UnixTime| now.since(*at) >= COUNTS;
        let was_muted = self.until.is_some_and(|until| now < until.plus(LONGEST));
        !was_muted && self.denied.iter().all(old) && self.unanswered.iter().all(old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> UnixTime {
        UnixTime::from_secs(seconds)
    }

    fn one() -> (String, String) {
        ("/bin/x".to_owned(), "x".to_owned())
    }

    fn mutes() -> Mutes {
        Mutes::new(Patience { denials: 3, unanswered: 2 })
    }

    #[test]
    fn three_denials_or_two_silences_in_ten_minutes_mute_a_program_and_each_time_for_longer() {
        let mut mutes = mutes();
        assert_eq!([0, 300].map(|now| mutes.note(one(), Ended::Denied, at(now))), [None, None]);
        assert_eq!(mutes.note(one(), Ended::Denied, at(601)), None, "the first is too long ago");
        assert_eq!(mutes.note(one(), Ended::Denied, at(602)), Some(at(602 + 300)));
        assert_eq!((mutes.until("/bin/x", at(901)), mutes.until("/bin/x", at(902))), (Some(at(902)), None));
        assert_eq!(mutes.note(one(), Ended::TimedOut, at(1_000)), None);
        assert_eq!(mutes.note(one(), Ended::TimedOut, at(1_001)), Some(at(1_001 + 600)), "twice as long");
        for round in 0..5 {
            let now = 2_000 + round * 4_000;
            mutes.note(one(), Ended::TimedOut, at(now));
            assert!(mutes.note(one(), Ended::TimedOut, at(now)).is_some_and(|until| until <= at(now + 3_600)), "an hour at the most");
        }
        assert!(mutes.all(at(18_001)).len() == 1 && mutes.unmute("/bin/x") && mutes.all(at(18_001)).is_empty());
        assert!(!mutes.unmute("/bin/x"));
    }

    #[test]
    fn a_yes_and_time_are_forgiving_and_others_are_not_meant() {
        let mut mutes = mutes();
        mutes.note(one(), Ended::Denied, at(0));
        mutes.note(one(), Ended::Denied, at(1));
        mutes.note(one(), Ended::Allowed, at(2));
        assert_eq!(mutes.note(one(), Ended::Denied, at(3)), None);
        mutes.mute(one(), at(10));
        assert_eq!(mutes.until("/bin/x", at(3_609)), Some(at(3_610)));
        assert_eq!(mutes.until("/bin/y", at(11)), None);
        mutes.note(("/bin/y".into(), "y".into()), Ended::Denied, at(20_000));
        assert_eq!(mutes.of.len(), 1, "what is long ago is forgotten");
    }
}
