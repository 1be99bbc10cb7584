//! Real processes behind the endpoint: clients of both eras, servers of both eras, and what can go wrong with them.

#[path = "stdio/legacy.rs"]
mod legacy;
#[path = "stdio/life.rs"]
mod life;
#[path = "stdio/modern.rs"]
mod modern;
#[path = "stdio/real.rs"]
mod real;
#[path = "stdio/support.rs"]
mod support;
#[path = "stdio/trouble.rs"]
mod trouble;
