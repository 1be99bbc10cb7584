//! Journeys: bytes over real sockets to a real Doorward, with a scripted person. No window, no doubles but the person.

mod apps;
mod authorization;
mod cli;
mod confidential;
mod crashes;
mod guard;
mod hostile;
mod keyring;
mod logbook;
mod loopback;
mod management;
mod metadata;
mod processes;
mod races;
mod registration;
mod seeds;
mod storage;
mod tokens;
mod waiting;

// Other tests use it, too.
use doorward_tests::session;
