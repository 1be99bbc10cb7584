//! How fast programs may register. Loopback is not privileged: limits count programs and everything together, since
//! every address here is 127.0.0.1.

use std::{num::NonZeroU32, time::Duration};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use crate::config::Limits;

pub(super) struct Throttle {
    clock: DefaultClock,
    in_all: DefaultDirectRateLimiter,
    per_program: DefaultKeyedRateLimiter<String>,
}

impl Throttle {
    pub(super) fn new(limits: &Limits) -> Self {
        let quota = |per_minute: u32| Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        Self {
            clock: DefaultClock::default(),
            in_all: RateLimiter::direct(quota(limits.registrations)),
            per_program: RateLimiter::keyed(quota(limits.registrations_per_program)),
        }
    }

    /// Counts one registration of `program`.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    pub(super) fn register(&self, program: &str) -> Result<(), Duration> {
        let now = self.clock.now();
        self.per_program.check_key(&program.to_owned()).map_err(|until| until.wait_time_from(now))?;
        self.in_all.check().map_err(|until| until.wait_time_from(now))
    }

    /// Forgets programs that have been quiet.
    pub(super) fn sweep(&self) {
        self.per_program.retain_recent();
        self.per_program.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_b3_one_program_and_all_together_are_bounded() {
        let throttle = Throttle::new(&Limits { registrations_per_program: 2, registrations: 3, ..Limits::default() });
        assert!(throttle.register("a").is_ok() && throttle.register("a").is_ok());
        assert!(throttle.register("a").expect_err("too fast") > Duration::ZERO);
        assert!(throttle.register("b").is_ok());
        assert!(throttle.register("c").is_err(), "all together");
    }
}
