//! Every text that a person reads in Doorward's windows, tray, notifications and browser pages: one file for each language
//! (`locales/*.ftl`, Fluent syntax), and nothing here but finding the text and filling it. No sentence is put together elsewhere.
//!
//! The command line, the log and errors on the wire are English in every language: [`Said`] prints itself in English, and a window
//! shows it in the person's language.

pub mod beside;
mod language;
mod said;
mod words;

pub use language::{Direction, Language};
pub use said::{Said, Says};
pub use words::{Value, Words, speak, spoken};
