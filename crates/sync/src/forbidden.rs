//! What a hub means by "forbidden" (403), which it says for more than one reason.

use serde::Deserialize;

#[derive(Deserialize)]
struct Body {
    error: Refusal,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
}

/// Returns the reason in words. A hub that gives none, or one that isn't known, means the token.
pub(crate) fn reason(body: &[u8]) -> &'static str {
    let code = serde_json::from_slice(body).map(|body: Body| body.error.code);
    match code.as_deref() {
        Ok("TOKEN_READ_ONLY") => "the hub's token may look at the board and send nothing (403)",
        Ok("ORIGIN_REFUSED") => {
            "the hub is known by another address than the one that was enabled (403)"
        }
        Ok(_) | Err(_) => "the hub's token is not for this project (403)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_words_and_none_means_the_project() {
        let of = |code: &str| {
            let body = serde_json::json!({ "error": { "code": code, "message": "…" } });
            reason(body.to_string().as_bytes())
        };
        assert!(of("TOKEN_READ_ONLY").contains("look"));
        assert!(of("ORIGIN_REFUSED").contains("address"));
        for body in [
            of("TOKEN_OTHER_PROJECT"),
            of("NEWS"),
            reason(b""),
            reason(b"<html>"),
            reason(b"[1]"),
        ] {
            assert!(body.contains("not for this project"));
        }
    }
}
