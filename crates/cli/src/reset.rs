//! `doorward reset`

use doorward_broker::{config::Profile, instance, secrets::Backend};

use crate::{
    exit::{Failure, Outcome},
    print, terminal,
};

pub(crate) async fn reset(profile: &Profile, keyring: Backend, keep_servers: bool, json: bool) -> Outcome {
    let what = if keep_servers { "everything that was allowed" } else { "everything that was allowed, and all servers" };
    let answer = terminal::ask(&format!("Forget {what}? Every app connects anew. Type reset:"), "Resetting needs a person at a terminal.")?;
    if answer != "reset" {
        return Err(Failure::failed("Nothing was forgotten."));
    }
    instance::reset(profile, keyring, keep_servers).await.map_err(Failure::failed)?;
    print::done(json, "Forgotten. The next start makes a new key.".to_owned())
}
