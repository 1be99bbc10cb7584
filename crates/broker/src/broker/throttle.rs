//! How fast programs may register, and how often a client may be wrong about its secret. Loopback is not privileged: limits
//! count programs and everything together, since every address here is 127.0.0.1.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_oauth::{
    id::{AppId, ClientId, ServerName},
    preset::RegistrationPolicy,
    time::UnixTime,
};
use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use crate::config::Limits;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) struct Throttle {
    clock: DefaultClock,
    in_all: Vec<DefaultDirectRateLimiter>,
    per_program: Vec<DefaultKeyedRateLimiter<String>>,
    documents: DefaultDirectRateLimiter,
}

/// How many documents are fetched in a minute.
const DOCUMENTS: NonZeroU32 = NonZeroU32::new(30).expect("not zero");

impl Throttle {
    pub(super) fn new(limits: &Limits, policy: &RegistrationPolicy) -> Self {
        let minute = |most: u32| Some(Quota::per_minute(NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN)));
        let day = |most: u32| {
            let most = NonZeroU32::new(most)?;
            Some(Quota::with_period(DAY / most.get())?.allow_burst(most))
        };
        let per_program = [minute(limits.registrations_per_program), day(policy.daily_per_program)];
        let in_all = [minute(limits.registrations), day(policy.daily)];
        Self {
            clock: DefaultClock::default(),
            in_all: in_all.into_iter().flatten().map(RateLimiter::direct).collect(),
            per_program: per_program.into_iter().flatten().map(RateLimiter::keyed).collect(),
            documents: RateLimiter::direct(Quota::per_minute(DOCUMENTS)),
        }
    }

    /// Counts one registration of `program`.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    pub(super) fn register(&self, program: &str) -> Result<(), Duration> {
        let (now, program) = (self.clock.now(), program.to_owned());
        for limiter in &self.per_program {
            limiter.check_key(&program).map_err(|until| until.wait_time_from(now))?;
        }
        for limiter in &self.in_all {
            limiter.check().map_err(|until| until.wait_time_from(now))?;
        }
        Ok(())
    }

    /// Counts one document that is fetched.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    pub(super) fn fetch(&self) -> Result<(), Duration> {
        self.documents.check().map_err(|until| until.wait_time_from(self.clock.now()))
    }

    /// Forgets programs that have been quiet.
    pub(super) fn sweep(&self) {
        for limiter in &self.per_program {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// How many wrong secrets a client may send within [`WINDOW`].
const MOST_FAILURES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// Wrong secrets, for each name that sent one. Who guesses is turned away for the rest of the minute, right guess or wrong.
#[derive(Default)]
pub(super) struct Failures {
    /// Since when, and how many.
    of: Mutex<HashMap<ClientId, (UnixTime, u32)>>,
}

impl Failures {
    /// Whether a client may try.
    ///
    /// # Errors
    /// How long to wait.
    pub(super) fn check(&self, client: &ClientId, now: UnixTime) -> Result<(), Duration> {
        match self.lock().get(client) {
            Some((since, count)) if *count >= MOST_FAILURES && now.since(*since) < WINDOW => Err(WINDOW - now.since(*since)),
            _ => Ok(()),
        }
    }

    /// Notes that a client was wrong.
    pub(super) fn note(&self, client: &ClientId, now: UnixTime) {
        let mut of = self.lock();
        let (since, count) = of.entry(client.clone()).or_insert((now, 0));
        if now.since(*since) >= WINDOW {
            (*since, *count) = (now, 0);
        }
        *count += 1;
    }

    pub(super) fn sweep(&self, now: UnixTime) {
        self.lock().retain(|_, (since, _)| now.since(*since) < WINDOW);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClientId, (UnixTime, u32)>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a no is an answer to the same question again.
const MOMENT: Duration = Duration::from_secs(5);

/// What was denied a moment ago. Some programs take a no for a fault and ask again at once; a person who has just answered
/// is not asked.
#[derive(Default)]
pub(super) struct Denials {
    at: Mutex<HashMap<(AppId, ServerName), UnixTime>>,
}

impl Denials {
    pub(super) fn note(&self, app: AppId, server: ServerName, now: UnixTime) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        at.retain(|_, denied| now.since(*denied) < MOMENT);
        at.insert((app, server), now);
    }

    pub(super) fn is_fresh(&self, app: &AppId, server: &ServerName, now: UnixTime) -> bool {
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        at.get(&(app.clone(), server.clone())).is_some_and(|denied| now.since(*denied) < MOMENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_b3_one_program_and_all_together_are_bounded() {
        let limits = Limits { registrations_per_program: 2, registrations: 3, ..Limits::default() };
        let throttle = Throttle::new(&limits, &RegistrationPolicy::default());
        assert!(throttle.register("a").is_ok() && throttle.register("a").is_ok());
        assert!(throttle.register("a").expect_err("too fast") > Duration::ZERO);
        assert!(throttle.register("b").is_ok());
        assert!(throttle.register("c").is_err(), "all together");
    }

    #[test]
    fn tk11_ten_wrong_secrets_a_minute_and_no_more() {
        let (failures, client, other) = (Failures::default(), ClientId::from_text("a"), ClientId::from_text("b"));
        let at = UnixTime::from_secs;
        for _ in 0..10 {
            assert_eq!(failures.check(&client, at(100)), Ok(()));
            failures.note(&client, at(100));
        }
        assert_eq!(failures.check(&client, at(130)), Err(Duration::from_secs(30)));
        assert_eq!(failures.check(&other, at(130)), Ok(()), "nobody else is held up");
        assert_eq!(failures.check(&client, at(160)), Ok(()));
        failures.note(&client, at(160));
        assert_eq!(failures.check(&client, at(161)), Ok(()), "a new minute counts anew");
        failures.sweep(at(1_000));
        assert!(failures.lock().is_empty());
    }

    #[test]
    fn s0_7_registrations_have_a_daily_bound_for_each_program_and_in_all() {
        let limits = Limits { registrations: 1_000, registrations_per_program: 1_000, ..Limits::default() };
        let throttle = Throttle::new(&limits, &RegistrationPolicy { daily_per_program: 2, daily: 3, ..RegistrationPolicy::default() });
        assert!(throttle.register("a").is_ok() && throttle.register("a").is_ok());
        assert!(throttle.register("a").expect_err("two a day") > Duration::from_secs(60 * 60));
        assert!(throttle.register("b").is_ok());
        assert!(throttle.register("c").expect_err("three a day in all") > Duration::from_secs(60 * 60));
    }
}
