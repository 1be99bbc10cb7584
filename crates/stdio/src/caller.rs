//! Who calls.

use std::{fmt, sync::Arc};

/// The grant on which a request came: what one caller opens, no other one can use. Whoever calls it makes it up; here it is
/// only compared.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CallerKey(Arc<str>);

impl CallerKey {
    /// The caller of that name.
    pub fn new(key: impl Into<Arc<str>>) -> Self {
        Self(key.into())
    }
}

impl fmt::Debug for CallerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallerKey({})", self.0)
    }
}
