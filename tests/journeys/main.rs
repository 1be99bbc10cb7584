//! Journeys: bytes over real sockets to a real Doorward, with a scripted person. No window, no doubles but the person.

mod apps;
mod asked;
mod authorization;
mod beforehand;
mod bound;
mod cli;
mod commands;
mod confidential;
mod crashes;
mod crosscutting;
mod device;
mod doctor;
mod documents;
mod guard;
mod hostile;
mod importing;
mod introspection;
mod keyring;
mod logbook;
mod looking;
mod loopback;
mod management;
mod mcp;
mod metadata;
mod moving;
mod muting;
mod never;
mod pausing;
mod processes;
mod pushed;
mod races;
mod registration;
mod revocation;
mod rulebook;
mod rules;
mod seeds;
mod settings;
mod signed;
mod storage;
mod timing;
mod tokens;
mod tools;
mod waiting;

// Other tests use it, too.
use doorward_tests::session;
