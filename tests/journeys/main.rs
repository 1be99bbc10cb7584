//! Journeys: bytes over real sockets to a real Doorward, with a scripted person. No window, no doubles but the person.

mod authorization;
mod cli;
mod guard;
mod keyring;
mod loopback;
mod metadata;
mod processes;
mod registration;
mod storage;
mod tokens;
mod waiting;

// Other tests use it, too.
use doorward_tests::session;
