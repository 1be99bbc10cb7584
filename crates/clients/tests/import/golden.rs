//! All eight clients, from what they have to what they have after an import, and back.

use doorward_clients::{
    client::Client,
    read::Found,
    template::{Secret, Template},
    undo::How,
};

use crate::desk::{Desk, FILES, fixtures, is_foreign, tree};

fn described(found: &Found) -> String {
    use doorward_clients::server::Kind;
    let texts = |list: &mut dyn Iterator<Item = String>| list.collect::<Vec<_>>().join(" ");
    let kind = found.server.as_ref().map(|server| match &server.kind {
        Kind::Stdio { command, args, env, folder } => {
            let env = texts(&mut env.iter().map(|(name, value)| format!("{name}={value} ")));
            let args = texts(&mut args.iter().map(Template::to_string));
            let folder = folder.as_ref().map(|folder| format!(" (in {folder})")).unwrap_or_default();
            format!("{env}{command} {args}{folder}")
        }
        Kind::Http { url, headers } => {
            let headers = texts(&mut headers.iter().map(|(name, value)| format!(" {name}: {value}")));
            format!("{url}{headers}")
        }
    });
    let secrets = found.server.iter().flat_map(|server| &server.secrets).map(Secret::name).collect::<Vec<_>>();
    let variables = found.server.as_ref().map(|server| server.kind.variables().join(" ")).unwrap_or_default();
    let why = found.why_not.as_ref().map(|why| format!("\n    {why}")).unwrap_or_default();
    format!("  {} ({}): {} secrets {secrets:?} variables [{variables}]{why}\n", found.name, found.place, kind.unwrap_or_default())
}

#[test]
fn every_server_of_every_client_is_found_and_described_without_its_secrets() {
    let desk = Desk::furnished();
    let mut seen = String::new();
    for sighting in desk.survey() {
        let config = sighting.config.expect("reads");
        seen.push_str(&format!("{}: {}\n", config.client(), config.path().display()));
        seen.extend(config.servers().iter().map(described));
    }
    insta::assert_snapshot!("survey", seen.replace(&desk.home.display().to_string(), "~"));
}

#[test]
fn an_import_changes_exactly_what_it_should_in_each_of_the_eight_clients() {
    let desk = Desk::furnished();
    let plan = desk.plan(|found| !is_foreign(found));
    assert_eq!(plan.files.len(), FILES.len());
    let mut seen = String::new();
    for file in &plan.files {
        seen.push_str(&file.diff);
    }
    insta::assert_snapshot!("differences", seen.replace(&desk.home.display().to_string(), "~"));

    let written = desk.import();
    assert!(written.stopped.is_none(), "{written:?}");
    let (is, wanted) = (desk.tree(), tree(&fixtures("after")));
    assert_eq!(is.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (path, bytes) in wanted {
        assert_eq!(String::from_utf8_lossy(&is[&path]), String::from_utf8_lossy(&bytes), "{path}");
    }
}

#[test]
fn foreign_servers_stay_byte_for_byte() {
    let desk = Desk::furnished();
    desk.import();
    for (line, path) in [
        (
            r#"    "context7": { "url": "https://mcp.context7.com/mcp", "headers": {"CONTEXT7_API_KEY": "${env:CONTEXT7_API_KEY}"} },"#,
            ".cursor/mcp.json",
        ),
        (r#"    "playwright": { "command": "npx", "args": [ "@playwright/mcp@latest", ] },"#, ".cursor/mcp.json"),
        (
            r#"    "postgres"  :  { "command" : "uvx" , "args":["postgres-mcp"], "envFile": "${workspaceFolder}/.env" }, // odd on purpose"#,
            ".cursor/mcp.json",
        ),
        ("  [mcp_servers.context7.env]\n  CONTEXT7_API_KEY = 'ctx7sk-0000fixture'\n", ".codex/config.toml"),
        ("command=\"uvx\"\nargs=['postgres-mcp']\n", ".codex/config.toml"),
        ("{ \"source\": \"custom\", \"command\": \"npx\", \"args\": [\"@playwright/mcp@latest\"], },\r\n", ".config/zed/settings.json"),
        (r#""display": "a text that was cut in the middle of \ud83d""#, ".claude.json"),
    ] {
        assert!(desk.text(path).contains(line), "{path} lost {line:?}");
    }
}

#[test]
fn undo_restores_every_file_of_every_client_byte_for_byte() {
    let desk = Desk::furnished();
    let before = desk.tree();
    desk.import();
    assert_ne!(desk.tree(), before);
    for client in Client::ALL {
        let undone = desk.backups().undo(client, How::Whole).expect("undoes");
        assert_eq!(undone.imports.len(), FILES.iter().filter(|(whose, _)| *whose == client).count(), "{client}");
        assert!(undone.stopped.is_none() && undone.kept.is_empty() && undone.remaining == 0);
    }
    assert_eq!(desk.tree(), before);
    assert_eq!(desk.backups().imports().expect("lists"), vec![]);
}

#[test]
fn after_an_import_everything_chosen_goes_through_doorward_and_a_second_one_has_nothing_to_do() {
    let desk = Desk::furnished();
    desk.import();
    let second = desk.plan(|found| !is_foreign(found));
    assert_eq!((second.files.len(), second.servers.len()), (0, 0));
    let ours = second.left.iter().filter(|left| left.why == doorward_clients::server::Why::Ours).count();
    assert_eq!((ours, second.left.len() - ours), (26, 7), "{:?}", second.left);
}

#[test]
fn the_same_server_in_several_clients_is_one_behind_doorward_and_others_of_its_name_are_not() {
    let desk = Desk::furnished();
    let plan = desk.plan(|found| ["github", "linear"].contains(&found.name.as_str()));
    let named: Vec<(String, usize)> = plan.servers.iter().map(|server| (server.name.to_string(), server.from.len())).collect();
    let expected = [("github", 5), ("github-2", 2), ("linear", 5), ("linear-2", 1), ("github-3", 1)];
    assert_eq!(named, expected.map(|(name, count)| (name.to_owned(), count)));
}
