//! Whether everybody can use the windows: axe-core's rules, narrow windows, large text, long languages, and right to left.

use doorward_words::Language;
use futures_util::future::join_all;
use serde_json::Value;

use crate::{
    stage::{Look, Stage},
    states,
};

/// The rules for everybody.
const RULES: &str = "runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: { 'page-has-heading-one': { enabled: false } }";

/// What depends on the colours.
const COLOURS: &str = "runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }";

/// Whoever sets high contrast gets a ratio of 7 to 1 (WCAG 2.2, 1.4.6).
const CONTRAST: &str = "runOnly: { type: 'rule', values: ['color-contrast-enhanced'] }";

/// What axe-core finds in the page, one line for each.
async fn axe(stage: &Stage, rules: &str) -> Vec<String> {
    let run = format!(
        "const [done] = arguments, failed = (error) => done([{{ id: String(error), nodes: [] }}]);
        const look = () => axe.run(document, {{ resultTypes: ['violations'], {rules} }}).then((found) => done(found.violations), failed);
        const script = document.createElement('script');
        Object.assign(script, {{ src: '/axe.js', onload: look, onerror: () => failed('axe-core is missing: scripts/setup.sh test') }});
        document.head.append(script);"
    );
    let found = stage.script_until_done(&run, vec![]).await;
    let line = |violation: &Value| {
        let nodes = violation["nodes"].as_array().expect("a list").iter().map(|node| node["target"].to_string());
        format!("{} ({}): {}", violation["id"], violation["impact"], nodes.collect::<Vec<_>>().join(", "))
    };
    found.as_array().expect("a list").iter().map(line).collect()
}

/// What does not fit: the page that can be moved sideways, and texts of buttons and labels that are cut off.
async fn too_narrow(stage: &Stage) -> Vec<String> {
    let look = "const found = [], page = document.scrollingElement;
        if (page.scrollWidth > innerWidth + 1) found.push('the page is ' + page.scrollWidth + ' wide in ' + innerWidth);
        for (const node of document.querySelectorAll('button, label, h1, h2, p, li, dt, dd, select, summary')) {
          const box = node.getBoundingClientRect();
          if (box.width === 0 || getComputedStyle(node).visibility === 'hidden' || node.closest('.unseen, .said')) continue;
          const name = node.tagName + '#' + node.id + ' ' + node.textContent.slice(0, 40);
          if (node.scrollWidth > node.clientWidth + 2 && getComputedStyle(node).overflowX !== 'visible') found.push('cut: ' + name);
          if (box.right > innerWidth + 1 || box.left < -1) found.push('outside: ' + name);
        }
        return found;";
    let found = stage.script(look).await;
    found.as_array().expect("a list").iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_any_state() {
    let looks = [
        (Look::LIGHT, Language::English, RULES),
        (Look::DARK, Language::German, COLOURS),
        (Look::LIGHT.in_contrast(), Language::English, CONTRAST),
        (Look::DARK.in_contrast(), Language::English, CONTRAST),
    ];
    let found = join_all(looks.map(async |(look, language, rules)| {
        let mut found = Vec::new();
        let stage = Stage::open(look).await;
        // A long list has the colours of a short one, and takes seconds.
        for state in states::chosen().into_iter().filter(|state| rules == RULES || !state.name.ends_with("-long")) {
            stage.show(&state, language, state.size).await;
            let lines = axe(&stage, rules).await;
            found.extend(lines.into_iter().map(|line| format!("{} ({}, {look:?}): {line}", state.name, language.tag())));
        }
        stage.close().await;
        found
    }))
    .await
    .concat();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_fits_in_every_language_narrow_windows_and_large_text() {
    // English is shorter than all of them.
    let found = join_all([Language::German, Language::Accented, Language::Mirrored].map(async |language| {
        let mut found = Vec::new();
        let stage = Stage::open(Look::LIGHT).await;
        for state in states::chosen() {
            stage.show(&state, language, state.size).await;
            // As wide as given, with text of twice the size, and as narrow as a window can be made.
            for (size, text) in [(state.size, 100), (state.size, 200), (state.least, 100)] {
                stage.resize(size, text).await;
                let lines = too_narrow(&stage).await;
                let where_ = format!("{} ({}, {size:?}, text {text} %)", state.name, language.tag());
                found.extend(lines.into_iter().map(|line| format!("{where_}: {line}")));
            }
        }
        stage.close().await;
        found
    }))
    .await
    .concat();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_comes_from_the_message_file() {
    let mut found = Vec::new();
    let stage = Stage::open(Look::LIGHT).await;
    for state in states::chosen() {
        stage.show(&state, Language::Accented, state.size).await;
        // What programs, servers and the system say stays as it is: those are texts of others, in elements of their own.
        let look = "const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
              const text = walker.currentNode.data.replace(/\\u2068[^\\u2069]*\\u2069/g, ''), holder = walker.currentNode.parentElement;
              if (holder.closest('bdi, code, .code, time, script, style, .address, .foreign, textarea, select, #number, #count, .digits')) continue;
              if (/[a-z]{3}/.test(text) && !/[áçéğíñóřšúýž]/i.test(text)) found.push(text.trim());
            }
            return found;";
        let lines = stage.script(look).await;
        for line in lines.as_array().expect("a list") {
            found.push(format!("{}: {line}", state.name));
        }
    }
    stage.close().await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}
