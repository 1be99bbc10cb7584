//! How much a client wants to hear of a server's log (MCP, "Logging": the levels of RFC 5424).

/// A level, the most talkative first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

impl Level {
    const NAMED: [(&'static str, Self); 8] = [
        ("debug", Self::Debug),
        ("info", Self::Info),
        ("notice", Self::Notice),
        ("warning", Self::Warning),
        ("error", Self::Error),
        ("critical", Self::Critical),
        ("alert", Self::Alert),
        ("emergency", Self::Emergency),
    ];

    /// The level of that name, if there is one.
    pub(crate) fn read(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(named, _)| *named == name).map(|(_, level)| *level)
    }

    /// What it is called in messages.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, level)| *level == self).map_or("info", |(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_have_names() {
        assert!(Level::Debug < Level::Info && Level::Alert < Level::Emergency);
        for (name, level) in Level::NAMED {
            assert_eq!((Level::read(name), level.name()), (Some(level), name));
        }
        assert_eq!(Level::read("loud"), None);
    }
}
