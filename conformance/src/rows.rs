//! What all systems need to carry rows out: the results by name, and files.

use crate::value::{Answer, Value, Written};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Results by the names that the rows give them. The threads of a process share them.
#[derive(Debug)]
pub(crate) struct Names<T>(Mutex<HashMap<String, T>>);

impl<T> Default for Names<T> {
    fn default() -> Names<T> {
        Names(Mutex::default())
    }
}

impl<T: Clone> Names<T> {
    pub(crate) fn get(&self, name: &str) -> Result<T, String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names
            .get(name)
            .cloned()
            .ok_or_else(|| format!("this process has no `{name}`"))
    }

    pub(crate) fn set(&self, name: &str, value: T) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), value);
    }

    pub(crate) fn remove(&self, name: &str) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}

/// The runner's own functions on files, which are the same everywhere.
pub(crate) fn file_call(function: &str, arguments: &[Value]) -> Result<Answer, String> {
    let path = match arguments.first() {
        Some(Value::Text(path)) => path,
        other => return Err(format!("{other:?} is no path")),
    };
    let failed = |e: std::io::Error| format!("{path}: {e}");
    let mut answer = Answer {
        ok: true,
        ..Answer::default()
    };
    match (function, arguments.get(1)) {
        ("make_file", Some(Value::Text(text))) => std::fs::write(path, text).map_err(failed)?,
        ("make_empty_file", Some(Value::Number(len))) => {
            let file = std::fs::File::create(path).map_err(failed)?;
            file.set_len(*len).map_err(failed)?;
        }
        ("file_length", _) => {
            let len = std::fs::metadata(path).map_err(failed)?.len();
            answer.out.insert("length".to_owned(), Written::Number(len));
        }
        ("file_text", _) => {
            let text = std::fs::read(path).map_err(failed)?;
            let text = String::from_utf8_lossy(&text).into_owned();
            answer.out.insert("text".to_owned(), Written::Text(text));
        }
        _ => return Err(format!("nobody knows how to call {function}")),
    }
    Ok(answer)
}
