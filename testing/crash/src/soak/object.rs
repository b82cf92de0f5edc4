//! An object of any kind, so that one loop goes over all of them.

use filemap::{Error, Event, FileMapping, Job, Mutex, Namespace, Semaphore, WaitableTimer};

/// The kinds of named object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file mapping.
    Section,
    /// An event.
    Event,
    /// A mutex.
    Mutex,
    /// A semaphore.
    Semaphore,
    /// A waitable timer.
    Timer,
    /// A job.
    Job,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 6] = [
        Kind::Section,
        Kind::Event,
        Kind::Mutex,
        Kind::Semaphore,
        Kind::Timer,
        Kind::Job,
    ];

    /// Creates an object of this kind, or opens the one of that name.
    ///
    /// # Errors
    /// As the create function of the kind.
    pub fn create(self, space: &Namespace, name: &str) -> Result<Object, Error> {
        Ok(match self {
            Kind::Section => {
                let options = FileMapping::options().namespace(space).size(4096);
                Object::Section(options.create(name)?)
            }
            Kind::Event => Object::Event(Event::options().namespace(space).create(name)?),
            Kind::Mutex => Object::Mutex(Mutex::options().namespace(space).create(name)?),
            Kind::Semaphore => {
                let options = Semaphore::options().namespace(space).maximum(1000);
                Object::Semaphore(options.create(name)?)
            }
            Kind::Timer => Object::Timer(WaitableTimer::options().namespace(space).create(name)?),
            Kind::Job => Object::Job(Job::options().namespace(space).create(name)?),
        })
    }

    /// Opens the object of that name.
    ///
    /// # Errors
    /// As the open function of the kind.
    pub fn open(self, space: &Namespace, name: &str) -> Result<Object, Error> {
        Ok(match self {
            Kind::Section => Object::Section(FileMapping::options().namespace(space).open(name)?),
            Kind::Event => Object::Event(Event::options().namespace(space).open(name)?),
            Kind::Mutex => Object::Mutex(Mutex::options().namespace(space).open(name)?),
            Kind::Semaphore => Object::Semaphore(Semaphore::options().namespace(space).open(name)?),
            Kind::Timer => Object::Timer(WaitableTimer::options().namespace(space).open(name)?),
            Kind::Job => Object::Job(Job::options().namespace(space).open(name)?),
        })
    }
}

/// A handle of any kind.
#[derive(Debug)]
pub enum Object {
    /// A file mapping.
    Section(FileMapping),
    /// An event.
    Event(Event),
    /// A mutex.
    Mutex(Mutex),
    /// A semaphore.
    Semaphore(Semaphore),
    /// A waitable timer.
    Timer(WaitableTimer),
    /// A job.
    Job(Job),
}

impl Object {
    /// Whether the call that made this handle found the object there.
    #[must_use]
    pub fn already_existed(&self) -> bool {
        match self {
            Object::Section(object) => object.already_existed(),
            Object::Event(object) => object.already_existed(),
            Object::Mutex(object) => object.already_existed(),
            Object::Semaphore(object) => object.already_existed(),
            Object::Timer(object) => object.already_existed(),
            Object::Job(object) => object.already_existed(),
        }
    }

    /// Whether two handles are of one object.
    #[must_use]
    pub fn is_same_object(&self, other: &Object) -> bool {
        match (self, other) {
            (Object::Section(a), Object::Section(b)) => a.is_same_object(b),
            (Object::Event(a), Object::Event(b)) => a.is_same_object(b),
            (Object::Mutex(a), Object::Mutex(b)) => a.is_same_object(b),
            (Object::Semaphore(a), Object::Semaphore(b)) => a.is_same_object(b),
            (Object::Timer(a), Object::Timer(b)) => a.is_same_object(b),
            (Object::Job(a), Object::Job(b)) => a.is_same_object(b),
            _ => false,
        }
    }

    /// The same handle, inheritable: it is closed in another way then.
    ///
    /// # Errors
    /// As `set_inherit`.
    pub fn inheritable(self) -> Result<Object, Error> {
        use filemap::Inherit::Yes;
        Ok(match self {
            Object::Section(object) => Object::Section(object.set_inherit(Yes)?),
            Object::Event(object) => Object::Event(object.set_inherit(Yes)?),
            Object::Mutex(object) => Object::Mutex(object.set_inherit(Yes)?),
            Object::Semaphore(object) => Object::Semaphore(object.set_inherit(Yes)?),
            Object::Timer(object) => Object::Timer(object.set_inherit(Yes)?),
            Object::Job(object) => Object::Job(object.set_inherit(Yes)?),
        })
    }
}
