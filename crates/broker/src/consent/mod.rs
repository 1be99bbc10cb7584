//! Putting a question to a person, and everything that is subtle about waiting for the answer.

pub mod mutes;
mod queue;
pub mod terminal;
mod told;
pub mod view;

pub use queue::{Asking, ConsentQueue, Journal, NotPending, PromptId, Prompter, Question};
