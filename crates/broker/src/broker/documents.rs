//! `documents`: clients whose id is the address of a document (client ID metadata documents). Off until a person switches it
//! on.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use doorward_oauth::{
    authorize::Unbound,
    client::Client,
    document::{self, DocumentUrl},
    error::{Code, OAuthError},
    grant::AppKey,
    id::ClientId,
    program::Sighting,
    scope::ScopeNames,
    time::UnixTime,
};
use doorward_words::Said;
use rusqlite::Transaction;

use super::{Broker, register::known_or_new};
use crate::{
    refusal::Refusal,
    store::{Sql, apps, clients, clients::Digests},
};

/// How many documents are remembered; the one that ends first goes.
const MOST: usize = 200;

/// Documents that are still believed, with when that ends.
#[derive(Default)]
pub(super) struct Documents {
    known: Mutex<HashMap<DocumentUrl, (UnixTime, Client)>>,
}

impl Documents {
    fn find(&self, url: &DocumentUrl, now: UnixTime) -> Option<Client> {
        self.lock().get(url).filter(|(until, _)| now < *until).map(|(_, client)| client.clone())
    }

    fn keep(&self, url: DocumentUrl, client: Client, until: UnixTime) {
        let mut known = self.lock();
        if known.len() >= MOST
            && let Some(first) = known.iter().min_by_key(|(_, (until, _))| *until).map(|(url, _)| url.clone())
        {
            known.remove(&first);
        }
        known.insert(url, (until, client));
    }

    pub(super) fn sweep(&self, now: UnixTime) {
        self.lock().retain(|_, (until, _)| now < *until);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DocumentUrl, (UnixTime, Client)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// Makes sure that the client of a document is known, as its document describes it now. Does nothing for other clients.
    ///
    /// # Errors
    /// [`Refusal::Document`]: nobody is asked about a client without a good document (CIMD-06). [`Refusal::Unbound`] while
    /// documents are off.
    pub(super) async fn know_document(&self, id: &ClientId) -> Result<(), Refusal> {
        if !document::is_address(id) {
            return Ok(());
        }
        if !self.config().client_id_metadata_documents {
            return Err(Unbound::UnknownClient.into());
        }
        let url = DocumentUrl::parse(id).ok_or_else(|| Refusal::Document("the client id is no address that may be fetched".to_owned()))?;
        let nobody = Sighting::cannot_tell(Said::plain("why-document").with("host", url.host()));
        let client = match self.inner.documents.find(&url, self.now()) {
            Some(client) => client,
            None => self.fetch_document(url).await?,
        };
        let app = apps::App { program: None, ..self.app_of(&client, None) };
        let key = AppKey::of_document(&client);
        let now = self.now();
        let most = self.config().limits.unapproved_clients;
        let verb = move |tx: &Transaction<'_>| -> Sql<()> {
            let known = clients::find(tx, &client.id)?;
            if known.is_none() {
                clients::make_room(tx, most)?;
            }
            let app = known_or_new(tx, &app, &key)?;
            match known {
                Some(stored) if stored.app == app => Ok(()),
                Some(_) => clients::replace(tx, &client, &app, &Digests::default(), now),
                None => clients::add(tx, &client, &app, &nobody, &Digests::default()),
            }
        };
        Ok(self.inner.store.run(verb).await?)
    }

    /// The same at an endpoint that clients post to, which has no page to show.
    pub(super) async fn know_sender(&self, id: &ClientId) -> Result<(), Refusal> {
        self.know_document(id).await.map_err(|refusal| match refusal {
            Refusal::Document(why) => OAuthError::new(Code::InvalidClient, why).into(),
            Refusal::Unbound(why) => OAuthError::new(Code::InvalidClient, why.to_string()).into(),
            other => other,
        })
    }

    async fn fetch_document(&self, url: DocumentUrl) -> Result<Client, Refusal> {
        self.inner.throttle.fetch().map_err(Refusal::too_many)?;
        let fetched = self.inner.world.documents.fetch(&url).await.map_err(|error| Refusal::Document(error.to_string()))?;
        let (names, now) = (self.server_names(), self.now());
        let read = document::client(&url, &fetched.body, &self.policy().registration, &ScopeNames::of(&names), now);
        let client = read.map_err(|error| Refusal::Document(error.description.into_owned()))?;
        tracing::info!(client = %client.id, "the document of a client was fetched");
        if let Some(time) = document::believed_for(&fetched.caching) {
            self.inner.documents.keep(url, client.clone(), now.plus(time));
        }
        Ok(client)
    }
}
