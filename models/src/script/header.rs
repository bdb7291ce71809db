//! The header of a script: `PROTOCOL KEY=VALUE ...`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The settings of a header that have not been used yet.
#[derive(Clone, Debug)]
pub struct Header<'a> {
    /// The protocol.
    pub protocol: &'a str,
    settings: BTreeMap<&'a str, &'a str>,
    known: Vec<&'static str>,
}

/// A mistake in a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The first word is no protocol.
    #[error("`{found}` is no protocol that has scripts; these have: {known}")]
    Protocol {
        /// The first word.
        found: String,
        /// Those that have.
        known: String,
    },
    /// The first word has a slash, and is no configuration.
    #[error("there is no configuration `{0}`")]
    Configuration(String),
    /// A word is no setting.
    #[error("`{0}` is no setting; a setting is KEY=VALUE, and each key is there once")]
    Setting(String),
    /// A key is unknown.
    #[error("`{found}` is no key; the keys are {known}")]
    Key {
        /// The key.
        found: String,
        /// Those that there are.
        known: String,
    },
    /// A value is of the wrong kind.
    #[error("`{key}` cannot be `{found}`; expected {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        found: String,
        /// The values that it can have.
        expected: String,
    },
}

impl<'a> Header<'a> {
    /// Takes a header apart.
    ///
    /// # Errors
    ///
    /// If a word after the first is not `KEY=VALUE`, or repeats a key.
    pub fn parse(text: &'a str) -> Result<Self, HeaderError> {
        let mut words = text.split_whitespace();
        let protocol = words.next().unwrap_or_default();
        let mut settings = BTreeMap::new();
        for word in words {
            let setting = word.split_once('=');
            let fresh = setting.filter(|(key, _)| !settings.contains_key(key));
            let (key, value) = fresh.ok_or_else(|| HeaderError::Setting(word.to_owned()))?;
            settings.insert(key, value);
        }
        Ok(Header {
            protocol,
            settings,
            known: Vec::new(),
        })
    }

    /// Uses a setting as it is written.
    pub fn text(&mut self, key: &'static str) -> Option<&'a str> {
        self.known.push(key);
        self.settings.remove(key)
    }

    /// Uses a setting that is a number.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn number<T: FromStr>(&mut self, key: &'static str, default: T) -> Result<T, HeaderError> {
        let Some(found) = self.text(key) else {
            return Ok(default);
        };
        found.parse().map_err(|_| HeaderError::Value {
            key,
            found: found.to_owned(),
            expected: "a number".to_owned(),
        })
    }

    /// Uses a setting that is a number within bounds.
    ///
    /// # Errors
    ///
    /// If it is none, or beyond them.
    pub fn number_within(
        &mut self,
        key: &'static str,
        default: usize,
        bounds: RangeInclusive<usize>,
    ) -> Result<usize, HeaderError> {
        let Some(found) = self.text(key) else {
            return Ok(default);
        };
        let number = found.parse().ok().filter(|number| bounds.contains(number));
        number.ok_or_else(|| HeaderError::Value {
            key,
            found: found.to_owned(),
            expected: format!("a number from {} to {}", bounds.start(), bounds.end()),
        })
    }

    /// Uses a setting with named values. The first is the default.
    ///
    /// # Errors
    ///
    /// If its value is none of them.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn one_of<T: Clone>(
        &mut self,
        key: &'static str,
        values: &[(&str, T)],
    ) -> Result<T, HeaderError> {
        let value = self.optional(key, values)?;
        Ok(value.unwrap_or_else(|| values[0].1.clone()))
    }

    /// Uses a setting with named values that may be left out.
    ///
    /// # Errors
    ///
    /// If its value is none of them.
    pub fn optional<T: Clone>(
        &mut self,
        key: &'static str,
        values: &[(&str, T)],
    ) -> Result<Option<T>, HeaderError> {
        let Some(found) = self.text(key) else {
            return Ok(None);
        };
        let named = values.iter().find(|(name, _)| *name == found);
        let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
        named
            .map(|(_, value)| Some(value.clone()))
            .ok_or_else(|| HeaderError::Value {
                key,
                found: found.to_owned(),
                expected: names.join(" or "),
            })
    }

    /// Ends the use of a header.
    ///
    /// # Errors
    ///
    /// If a setting is left that nobody knew.
    pub fn finish(self) -> Result<(), HeaderError> {
        match self.settings.keys().next() {
            None => Ok(()),
            Some(key) => Err(HeaderError::Key {
                found: (*key).to_owned(),
                known: self.known.join(", "),
            }),
        }
    }
}
