//! Laws that hold for every document: what is outside of a changed entry stays byte for byte.

use std::path::Path;

use doorward_clients::{client::Client, read::Found, undo::How};
use proptest::prelude::*;

use crate::desk::Desk;

/// White space, comments and line ends between two tokens of JSONC.
fn gap() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            4 => Just(" ".to_owned()),
            3 => Just("\n".to_owned()),
            1 => Just("\r\n".to_owned()),
            1 => Just("\t".to_owned()),
            1 => "// [a-z'\"{}:, ä]{0,12}\n",
            1 => "/\\*[a-z'\"{}:, \n]{0,12}\\*/",
        ],
        0..4,
    )
    .prop_map(|parts| parts.concat())
}

/// A text as JSON writes it, sometimes with escapes that nobody needs.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 _.:/@-]{0,10}".prop_map(|text| format!("\"{text}\"")),
        Just("\"\\u0041\\n\\\"\\/\"".to_owned()),
        Just("\"cut \\ud83d\"".to_owned()),
        Just("\"ä日本\\ud83d\\ude00\"".to_owned()),
    ]
}

/// Any value, with anything between its tokens.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![text(), Just("null".to_owned()), Just("true".to_owned()), Just("-1.5e3".to_owned())];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            (prop::collection::vec((gap(), inner.clone(), gap()), 0..4), any::<bool>()).prop_map(|(values, comma)| listed(
                '[',
                ']',
                values.into_iter().map(|(a, value, b)| format!("{a}{value}{b}")),
                comma
            )),
            (prop::collection::vec(("[a-z]{1,6}", gap(), gap(), inner, gap()), 0..4), any::<bool>()).prop_map(|(members, comma)| {
                let members =
                    members.into_iter().enumerate().map(|(at, (name, a, b, value, c))| format!("{a}\"{name}{at}\"{b}: {value}{c}"));
                listed('{', '}', members, comma)
            }),
        ]
    })
}

fn listed(open: char, close: char, parts: impl Iterator<Item = String>, comma: bool) -> String {
    let parts: Vec<String> = parts.collect();
    let comma = if comma && !parts.is_empty() { "," } else { "" };
    format!("{open}{}{comma}{close}", parts.join(","))
}

/// An entry that can be taken over, and its members that stay.
fn entry() -> impl Strategy<Value = (String, Vec<String>)> {
    let member = prop_oneof![
        Just("\"args\": [\"-y\", \"x\"]".to_owned()),
        Just("\"env\": {\"API_KEY\": \"hunter2\", \"A\": \"${env:B}\"}".to_owned()),
        Just("\"timeout\": 5".to_owned()),
        value().prop_map(|value| format!("\"extra\": {value}")),
    ];
    let transport = prop_oneof![Just("\"command\": \"npx\"".to_owned()), Just("\"url\": \"https://x.example/mcp\"".to_owned())];
    (
        prop::sample::subsequence(vec![0_usize, 1, 2, 3], 0..4),
        prop::collection::vec(member, 4),
        transport,
        gap(),
        gap(),
        any::<bool>(),
        0_usize..4,
    )
        .prop_map(|(which, members, transport, before, after, comma, place)| {
            let mut chosen: Vec<String> = Vec::new();
            for (at, member) in which.into_iter().map(|at| (at, members[at].clone())) {
                let name = member.split(':').next().unwrap_or_default().to_owned();
                if !chosen.iter().any(|other| other.starts_with(&name)) && at < 4 {
                    chosen.push(member);
                }
            }
            let kept = chosen.iter().filter(|member| member.starts_with("\"timeout") || member.starts_with("\"extra")).cloned().collect();
            chosen.insert(place.min(chosen.len()), transport);
            (listed('{', '}', chosen.into_iter().map(|member| format!("{before}{member}{after}")), comma), kept)
        })
}

/// A document in three parts, before an entry, the entry and after it; and the members of the entry that stay.
fn document() -> impl Strategy<Value = (String, (String, Vec<String>), String)> {
    let other = || (gap(), text(), value(), gap());
    (prop::collection::vec(other(), 0..3), entry(), prop::collection::vec(other(), 0..3), gap(), gap(), gap(), value(), any::<bool>())
        .prop_map(|(before, entry, after, top, inner, end, setting, bom)| {
            let servers = |list: Vec<(String, String, String, String)>, from: usize| -> Vec<String> {
                list.into_iter().enumerate().map(|(at, (a, _, value, b))| format!("{a}\"other{}\":{value}{b}", from + at)).collect()
            };
            let (before, after) = (servers(before, 0), servers(after, 10));
            let lead = before.iter().map(|server| format!("{server},")).collect::<String>();
            let tail = after.iter().map(|server| format!(",{server}")).collect::<String>();
            let bom = if bom { "\u{feff}" } else { "" };
            (
                format!("{bom}{top}{{{inner}\"setting\": {setting},\"mcpServers\"{inner}: {{{lead}{inner}\"it\":{top}"),
                entry,
                format!("{end}{tail}}}{inner}}}{end}"),
            )
        })
}

fn it(found: &Found) -> bool {
    found.name == "it"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_byte_outside_of_a_changed_entry_stays((before, (entry, kept), after) in document()) {
        let path = ".cursor/mcp.json";
        let text = format!("{before}{entry}{after}");
        let desk = Desk::with(path, &text);
        let plan = desk.plan(it);
        // Half a character in what would stay of an entry over several lines: then it is left.
        if let Some(left) = plan.left.first() {
            prop_assert!(plan.files.is_empty() && plan.servers.is_empty() && entry.contains("cut"), "{:?} {}", left, entry);
            return Ok(());
        }
        prop_assert_eq!(plan.files.len(), 1, "{}", text);
        desk.backups().write(&plan.files, 1).expect("writes");
        let is = desk.text(path);
        prop_assert!(is.starts_with(&before) && is.ends_with(&after) && is.len() >= before.len() + after.len(), "{}\n--\n{}", text, is);
        let entry = &is[before.len()..is.len() - after.len()];
        prop_assert!(entry.starts_with('{') && entry.ends_with('}') && entry.contains("\"url\": \"http://127.0.0.1:8765/mcp/it\""), "{}", entry);
        prop_assert!(!entry.contains("hunter2") && !entry.contains("\"command\""), "{}", entry);
        for member in kept {
            prop_assert!(entry.contains(&member), "{} lost {}", entry, member);
        }
        desk.backups().undo(Client::Cursor, How::Whole).expect("undoes");
        prop_assert_eq!(desk.text(path), text);
    }

    #[test]
    fn every_line_outside_of_a_changed_table_stays(
        lead in prop::collection::vec(line(), 0..6), own in prop::collection::vec(member(), 0..5), tail in prop::collection::vec(section(), 0..3),
        crlf: bool, bom: bool,
    ) {
        let path = ".codex/config.toml";
        let mut seen = std::collections::BTreeSet::new();
        let own: Vec<String> = own.into_iter().filter(|member| seen.insert(member.trim().split([' ', '=', '.']).next().map(str::to_owned))).collect();
        let lead: String = lead.iter().enumerate().map(|(at, text)| text.replace("KEY", &format!("key{at}"))).collect();
        let tail: String = tail.iter().enumerate().map(|(at, text)| text.replace("NAME", &format!("n{at}"))).collect();
        let ends = |text: String| if crlf { text.replace('\n', "\r\n") } else { text };
        let head = ends(format!("{}{}[mcp_servers.it] # it\n", if bom { "\u{feff}" } else { "" }, lead));
        let table = ends(format!("command = \"npx\" # why\n{}", own.concat()));
        let tail = ends(tail);
        let text = format!("{head}{table}{tail}");
        let desk = Desk::with(path, &text);
        let plan = desk.plan(it);
        prop_assert_eq!(plan.files.len(), 1, "{}: {:?} {:?}", text, plan.left, desk.survey());
        desk.backups().write(&plan.files, 1).expect("writes");
        let is = desk.text(path);
        prop_assert!(is.starts_with(&head) && is.ends_with(&tail), "{}\n--\n{}", text, is);
        let table = &is[head.len()..is.len() - tail.len()];
        prop_assert!(table.starts_with("url = \"http://127.0.0.1:8765/mcp/it\" # why") && !table.contains("hunter2"), "{}", table);
        let stays = own.iter().filter(|member| member.starts_with("startup") || member.starts_with('#')).map(|member| ends(member.clone()));
        for member in stays {
            prop_assert!(table.contains(&member), "{} lost {}", table, member);
        }
        desk.backups().undo(Client::Codex, How::Whole).expect("undoes");
        prop_assert_eq!(desk.text(path), text);
    }

    #[test]
    fn no_text_whatever_breaks_reading(text in "[{}\\[\\]\":,a-z0-9\\\\ \n/*#='.ä-]{0,80}", toml: bool) {
        let path = if toml { ".codex/config.toml" } else { ".cursor/mcp.json" };
        let desk = Desk::with(path, &text);
        let plan = desk.plan(|_| true);
        prop_assert!(plan.files.iter().all(|file| Path::new(&file.path).ends_with(path)));
        prop_assert_eq!(desk.text(path), text);
    }
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "# [a-z'\" ä]{0,20}\n",
        Just("\n".to_owned()),
        Just("KEY = \"\"\"a\nb\"\"\"\n".to_owned()),
        Just("  KEY=[ 1,\n 2 ] # x\n".to_owned()),
        Just("KEY.a = 'x'\n".to_owned()),
    ]
}

fn member() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("args = [\n  \"-y\", # yes\n  \"x\",\n]\n".to_owned()),
        Just("env = { API_KEY = \"hunter2\" }\n".to_owned()),
        Just("env.API_KEY = \"hunter2\"\nenv.\"B\" = 'x'\n".to_owned()),
        Just("cwd = \"/srv\"\n".to_owned()),
        Just("startup_timeout_sec = 20.0 # slow\n".to_owned()),
    ]
}

fn section() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\n# about NAME\n[NAME]\na = 1\n".to_owned()),
        Just("[mcp_servers.NAME]\ncommand='x'\n[mcp_servers.NAME.env]\nAPI_KEY = \"their-own\"\n".to_owned()),
        Just("[[NAME]]\nx=1\n\n[[NAME]]\nx=2\n".to_owned()),
        Just("[mcp_servers.it.tools.NAME]\napproval_mode = \"prompt\"\n".to_owned()),
    ]
}
