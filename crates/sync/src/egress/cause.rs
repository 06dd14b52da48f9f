//! Why a connection didn't come about, in words that say what to do about it.

use rustls::CertificateError;
use tokio_tungstenite::tungstenite::Error as WsError;

/// Says why; of a certificate that isn't trusted, what is wrong with it.
pub(super) fn cause(error: &WsError) -> String {
    match certificate(error) {
        Some(wrong) => format!("the hub's certificate isn't trusted: {}", words(wrong)),
        None => error.to_string(),
    }
}

fn certificate(error: &WsError) -> Option<&CertificateError> {
    let WsError::Io(io) = error else {
        return None;
    };
    let tls = io.get_ref()?.downcast_ref::<rustls::Error>()?;
    if let rustls::Error::InvalidCertificate(wrong) = tls {
        Some(wrong)
    } else {
        None
    }
}

fn words(wrong: &CertificateError) -> String {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, UnknownIssuer,
    };
    if matches!(wrong, UnknownIssuer) {
        "no authority that this system knows vouches for it; add the hub's authority to the system's list".to_owned()
    } else if matches!(wrong, Expired | ExpiredContext { .. }) {
        "it has expired".to_owned()
    } else if matches!(wrong, NotValidForName | NotValidForNameContext { .. }) {
        "it is for another name than the one in the hub's address".to_owned()
    } else {
        wrong.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_is_not_trusted_says_why() {
        let said = |wrong| {
            let error = rustls::Error::InvalidCertificate(wrong);
            cause(&WsError::Io(std::io::Error::other(error)))
        };
        for (wrong, words) in [
            (CertificateError::UnknownIssuer, "authority"),
            (CertificateError::Expired, "expired"),
            (CertificateError::NotValidForName, "another name"),
            (CertificateError::BadEncoding, "encod"),
        ] {
            let said = said(wrong);
            assert!(
                said.starts_with("the hub's certificate isn't trusted: "),
                "{said}"
            );
            assert!(said.to_lowercase().contains(words), "{said}");
        }
    }

    #[test]
    fn anything_else_is_told_as_it_is() {
        let error = std::io::Error::other("refused");
        assert!(cause(&WsError::Io(error)).contains("refused"));
        assert!(cause(&WsError::ConnectionClosed).contains("closed"));
    }
}
