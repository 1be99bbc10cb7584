//! The sessions of older MCP revisions (2025-11-25, "Session Management"). A session id is no key: it opens nothing but to the
//! grant that opened it (M-RS-18).

use doorward_oauth::token::{Digest, Session};

use super::{Broker, Guarded};
use crate::{
    refusal::Refusal,
    store::{StoreError, sessions},
};

impl Broker {
    /// Remembers a session that a server gave in an answer. On disk before the client hears of it, so that it goes on after a
    /// restart.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session_opened(&self, guarded: &Guarded, id: &str) -> Result<(), StoreError> {
        let (session, by, now) = (Digest::<Session>::of(&guarded.server.name, id), guarded.grant.id.clone(), self.now());
        self.inner.store.run(move |tx| sessions::add(tx, &session, &by, now)).await
    }

    /// Refuses a request that names a session of another grant, or of nobody.
    ///
    /// # Errors
    /// [`Refusal::NoSession`], [`Refusal::Store`].
    pub fn check_session(&self, guarded: &Guarded, id: &str) -> Result<(), Refusal> {
        let session = Digest::<Session>::of(&guarded.server.name, id);
        let opened_by = self.inner.store.look_up(|db| sessions::opened_by(db, &session))?;
        if opened_by.as_ref() == Some(&guarded.grant.id) { Ok(()) } else { Err(Refusal::NoSession) }
    }
}
