//! Which names say that their value is secret.

/// Words that make a name secret wherever they stand in it.
const ANYWHERE: [&str; 19] = [
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "private",
    "pwd",
    "secret",
    "secrets",
    "session",
    "sid",
    "token",
    "tokens",
];

/// Words that do so at the end, alone or behind others: `API_KEY`, `key`.
const AT_THE_END: [&str; 8] = [
    "key",
    "keys",
    "pass",
    "pat",
    "pin",
    "sig",
    "signature",
    "salt",
];

/// Ends of words that were not set apart: `apikey`, `dbpassword`.
const GLUED: [&str; 10] = [
    "sessionid",
    "sessid",
    "apikey",
    "accesskey",
    "secretkey",
    "password",
    "passwd",
    "secret",
    "token",
    "privatekey",
];

/// Names whose value is a secret even in the middle of a sentence.
const UNMISTAKABLE: [&str; 5] = ["passphrase", "passwd", "password", "pwd", "secret"];

/// Parameters of an address that open a door, though the same words are harmless elsewhere.
const IN_URLS: [&str; 5] = ["assertion", "code", "otp", "samlresponse", "ticket"];

/// Names that would match and are no secrets: what a cookie's or a key's neighbours are called.
const HARMLESS: [&str; 3] = ["sessiontype", "xdgsessiontype", "publickey"];

/// Whether the value of something so called is secret. `name` is ASCII.
pub(super) fn is_secret(name: &str) -> bool {
    let words = words(name);
    let glued = words.concat();
    if HARMLESS.contains(&glued.as_str()) {
        return false;
    }
    words.iter().any(|word| ANYWHERE.contains(&word.as_str()))
        || words
            .last()
            .is_some_and(|word| AT_THE_END.contains(&word.as_str()))
        || GLUED.iter().any(|end| glued.ends_with(end))
}

/// Whether the value of a parameter of an address is secret, beside those that always are.
pub(super) fn is_secret_in_url(name: &str) -> bool {
    IN_URLS.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a colon behind the name tells its value wherever it stands.
pub(super) fn is_unmistakable(name: &str) -> bool {
    UNMISTAKABLE.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a name is made of more than one word, which no sentence is.
pub(super) fn is_compound(name: &str) -> bool {
    words(name).len() > 1
}

/// `apiKey`, `API_KEY`, `x-api-key` and `APIKey` all are `api`, `key`.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, char) in chars.iter().enumerate() {
        let after_lower = at > 0 && chars[at - 1].is_ascii_lowercase();
        let before_lower = chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let new_word = char.is_ascii_uppercase() && (after_lower || before_lower);
        if (new_word || !char.is_ascii_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if char.is_ascii_alphanumeric() {
            word.push(char.to_ascii_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn table() {
        for name in [
            "TOKEN",
            "NPM_TOKEN",
            "_authToken",
            "apiKey",
            "API_KEY",
            "APIKey",
            "apikey",
            "x-api-key",
            "STRIPE_SECRET_KEY",
            "DB_PASSWORD",
            "dbpassword",
            "PGPASSWORD",
            "Authorization",
            "Cookie",
            "set-cookie",
            "client_secret",
            "access_token",
            "AWS_SESSION_TOKEN",
            "key",
            "sig",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "PORT",
            "PATH",
            "monkey",
            "keyboard",
            "keyframes",
            "author",
            "compass",
            "passed",
            "spin",
            "tokenizer",
            "NODE_ENV",
            "XDG_SESSION_TYPE",
            "public_key",
            "",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
