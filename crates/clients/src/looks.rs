//! Words that are credentials by their looks: they begin as those of a well-known service do, each as its service documents it,
//! or nobody would type them.

use std::ops::Range;

/// Services, and how their credentials begin.
const PREFIXES: &[(&str, &[&str])] = &[
    ("GitHub", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"]),
    ("GitLab", &["glpat-", "gloas-", "gldt-", "glrt-"]),
    ("OpenAI, Anthropic and others", &["sk-"]),
    ("Stripe, ElevenLabs, Clerk", &["sk_"]),
    ("Stripe", &["rk_live_", "rk_test_", "whsec_"]),
    ("Slack", &["xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxe.", "xoxp-", "xoxr-", "xoxs-", "xapp-"]),
    ("AWS", &["AKIA", "ASIA"]),
    ("Google", &["AIza", "ya29.", "GOCSPX-"]),
    ("npm", &["npm_"]),
    ("PyPI", &["pypi-"]),
    ("Hugging Face", &["hf_"]),
    ("Figma", &["figd_"]),
    ("Notion", &["ntn_", "secret_"]),
    ("Linear", &["lin_api_", "lin_oauth_"]),
    ("DigitalOcean", &["dop_v1_", "doo_v1_"]),
    ("SendGrid", &["SG."]),
    ("Shopify", &["shpat_"]),
    ("Square", &["sq0atp-"]),
    ("Grafana", &["glsa_"]),
    ("Sentry", &["sntrys_", "sntryu_"]),
    ("Tavily", &["tvly-"]),
    ("Firecrawl", &["fc-"]),
    ("Perplexity", &["pplx-"]),
    ("Groq", &["gsk_"]),
    ("xAI", &["xai-"]),
    ("Supabase", &["sbp_"]),
    ("Neon", &["napi_"]),
    ("Docker Hub", &["dckr_pat_"]),
    ("Atlassian", &["ATATT3"]),
    ("Databricks", &["dapi"]),
    ("Replicate", &["r8_"]),
];

/// No service's credential is shorter.
const SHORTEST: usize = 16;

/// From here on, letters and digits that are mixed count as drawn at random.
const RANDOM: usize = 24;

/// Where such words stand in a text, in their order.
pub(crate) fn secret_words(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    let part_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '~');
    while let Some(start) = text[at..].find(part_of_word).map(|found| at + found) {
        let end = text[start..].find(|c| !part_of_word(c)).map_or(text.len(), |found| start + found);
        let word = &text[start..end];
        if looks_issued(word) || looks_random(word) {
            let padding = text[end..].bytes().take_while(|b| *b == b'=').count();
            found.push(start..end + padding);
        }
        at = end;
    }
    found
}

/// Begins as a service's credentials do, or is a JSON Web Token (RFC 7519).
fn looks_issued(word: &str) -> bool {
    if word.len() < SHORTEST {
        return false;
    }
    // What is only lower-case letters behind a prefix is a name that happens to begin so.
    let drawn = |rest: &str| rest.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let prefixed = PREFIXES.iter().flat_map(|(_, prefixes)| *prefixes).any(|prefix| word.strip_prefix(prefix).is_some_and(drawn));
    prefixed || (word.starts_with("eyJ") && word.matches('.').count() == 2)
}

/// Letters and digits in disorder.
fn looks_random(word: &str) -> bool {
    if word.len() < RANDOM {
        return false;
    }
    let longest = word.split(|c: char| !c.is_ascii_alphanumeric()).max_by_key(|run| run.len()).unwrap_or_default();
    let digits = longest.bytes().filter(u8::is_ascii_digit).count();
    let changes = longest.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    longest.len() >= 16 && digits >= 3 && longest.len() - digits >= 3 && changes >= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_known_by_itself() {
        for (service, prefixes) in PREFIXES {
            for prefix in *prefixes {
                assert!(looks_issued(&format!("{prefix}Ab12Cd34Ef56Gh78")), "{service}: {prefix}");
                assert!(!looks_issued(prefix), "{service}: {prefix}");
            }
        }
        assert!(!looks_issued("npm_config_registry_is_long"));
    }

    #[test]
    fn words_that_somebody_would_type_are_none() {
        for secret in
            ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "9f86d081884c7d659a2feaa0c55ad015", "dGhpcyBpcyBhIHRva2VuMTIzNDU2Nzg5MA=="]
        {
            let text = format!("a {secret}, b");
            assert_eq!(secret_words(&text).into_iter().map(|range| &text[range]).collect::<Vec<_>>(), [secret]);
        }
        for plain in [
            "@modelcontextprotocol/server-filesystem",
            "mcp-server-time",
            "/home/me/work",
            "ghcr.io/github/github-mcp-server:1.4.0",
            "task-management-with-long-name-here",
            "dapier-something-very-long",
            "550e8400-e29b-41d4-a716-446655440000",
            "https://example.com/2026/11/21/a-long-title-of-a-page",
        ] {
            assert_eq!(secret_words(plain), [], "{plain}");
        }
    }
}
