//! What credentials of well-known services begin with, each as its service documents it.

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

/// Whether a word begins as a service's credentials do, or is a JSON Web Token (RFC 7519).
pub(crate) fn looks_issued(word: &str) -> bool {
    if word.len() < SHORTEST {
        return false;
    }
    // What is only lower-case letters behind a prefix is a name that happens to begin so.
    let drawn = |rest: &str| rest.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let prefixed = PREFIXES.iter().flat_map(|(_, prefixes)| *prefixes).any(|prefix| word.strip_prefix(prefix).is_some_and(drawn));
    prefixed || (word.starts_with("eyJ") && word.matches('.').count() == 2)
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
}
