//! Every window in every state, drawn by the engine that draws Doorward's windows, without a Doorward behind it: the shell's answers
//! are made up, so that a picture shows the same each time. What the windows do is tested in `window`.

mod access;
mod answers;
mod keys;
mod late;
mod pictures;
mod pixels;
mod questions;
mod stage;
mod states;
mod ticks;
