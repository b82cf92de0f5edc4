//! A victim under ptrace, what is around it, and what a stranger must find afterwards.

use crate::soak::Object;
use crate::trace::Traced;
use crate::victim::{Control, Operation, Scene};
use crate::{NAME, Tree};
use filemap::{Win32Code, list};
use filemap_testing::{PrivateRoot, private_root, wait_for};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A tree, with up to eight processes that work in it when they are told to.
#[derive(Debug)]
pub struct Stage {
    program: PathBuf,
    tree: Tree,
    control: Control,
    _control_tree: PrivateRoot,
    others: Vec<Ended>,
}

/// A child that is killed when it goes out of scope.
#[derive(Debug)]
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A victim that has done its preparation, under ptrace, at the first mark.
#[derive(Debug)]
pub struct Victim {
    /// Its thread.
    pub traced: Traced,
    /// Somebody else's handle of the object, if the scene has one.
    pub bystander: Option<Object>,
    process: Ended,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Stage {
    /// A new tree, with so many others, at rest.
    ///
    /// # Panics
    /// If they can't be started.
    #[must_use]
    pub fn new(program: &str, others: usize) -> Stage {
        let (tree, control_tree) = (Tree::new(), private_root());
        let control = Control::new(control_tree.path());
        let start = |number: usize| {
            let child = Command::new(program)
                .args(["beside".as_ref(), tree.space().root(), control_tree.path()])
                .arg(number.to_string())
                .stdin(Stdio::null())
                .spawn();
            Ended(child.expect("another process"))
        };
        let started = (0..others).map(start).collect();
        let stage = Stage {
            program: program.into(),
            others: started,
            tree,
            control,
            _control_tree: control_tree,
        };
        stage.rest();
        stage
    }

    /// Lets so many of the others work, on the object of the operation, too, where that leaves the scene as it is.
    pub fn work(&self, how_many: usize, operation: &Operation) {
        // A dead entry would be swept by whoever opens it.
        let together = operation.scene != Scene::Dead;
        self.control.work(how_many, together.then_some(operation.kind));
    }

    /// Lets all of them rest.
    ///
    /// # Panics
    /// If one has seen a broken promise, or hangs.
    pub fn rest(&self) {
        self.control.rest(self.others.len());
    }

    /// A victim ready for its operation. The others rest meanwhile: what they do may end the scene.
    ///
    /// # Errors
    /// EPERM where ptrace is forbidden.
    ///
    /// # Panics
    /// If it can't be started.
    pub fn victim(&self, operation: &Operation) -> nix::Result<Victim> {
        let space = self.tree.space();
        let mut bystander = None;
        match operation.scene {
            Scene::Empty => {}
            Scene::Live => bystander = Some(operation.kind.create(space, NAME).expect("an empty scene")),
            Scene::Dead => {
                let object = operation.kind.create(space, NAME).expect("an empty scene");
                self.tree.leave_dead_of(object);
            }
        }
        let mut process = Command::new(&self.program)
            .args(["act".as_ref(), space.root()])
            .arg(operation.title())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a victim");
        let (orders, answers) = (process.stdin.take().expect("a pipe"), process.stdout.take());
        let process = Ended(process);
        let mut answers = BufReader::new(answers.expect("a pipe"));
        let mut line = String::new();
        answers.read_line(&mut line).expect("its thread's number");
        let traced = Traced::seize(line.trim().parse().expect("its thread's number"))?;
        let mut victim = Victim {
            traced,
            bystander,
            process,
            orders,
            answers,
        };
        victim.order();
        victim.traced.to_mark()?;
        Ok(victim)
    }

    /// Checks, with everybody at rest, that the name leads to the bystander's object or nowhere, and that nothing is left.
    ///
    /// # Panics
    /// If a promise is broken.
    #[track_caller]
    pub fn check(&self, operation: &Operation, bystander: Option<Object>, way: usize, when: &str) {
        let (space, kind) = (self.tree.space(), operation.kind);
        let live = usize::from(bystander.is_some());
        // A reader of /proc/PID/fd may keep the file of a dead process, and its lock, a moment longer.
        wait_for(&format!("{when}: {live} live objects"), || {
            let listing = list::list(space).expect("a listing");
            assert!(listing.oddities.is_empty(), "{when}: {:?}", listing.oddities);
            listing.objects.len() == live
        });
        match (way % 3, &bystander) {
            (0, Some(known)) => {
                let found = kind.open(space, NAME);
                let found = found.unwrap_or_else(|e| panic!("{when}: the live object is lost: {e}"));
                assert!(found.is_same_object(known), "{when}: two objects of one name");
            }
            (0, None) => {
                let error = kind.open(space, NAME).expect_err(when);
                assert_eq!(error.code(), Win32Code::FILE_NOT_FOUND, "{when}: {error}");
            }
            (1, known) => {
                let found = kind.create(space, NAME);
                let found = found.unwrap_or_else(|e| panic!("{when}: what is left stops a creator: {e}"));
                assert_eq!(found.already_existed(), known.is_some(), "{when}");
                let known = known.as_ref();
                assert!(
                    known.is_none_or(|known| found.is_same_object(known)),
                    "{when}: two objects"
                );
            }
            (_, known) => {
                let swept = list::sweep(space).expect("swept");
                assert_eq!((swept.live, swept.kept), (live, 0), "{when}");
                let found = kind.open(space, NAME);
                assert_eq!(found.is_ok(), known.is_some(), "{when}: {found:?}");
            }
        }
        drop(bystander);
        wait_for(&format!("{when}: everything to be taken away"), || {
            list::sweep(space).expect("swept");
            self.tree.files().is_empty()
        });
    }
}

impl Victim {
    fn order(&mut self) {
        self.orders.write_all(b"go\n").expect("it reads");
    }

    /// Kills it where it stands, by SIGKILL; gives the bystander's handle.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn killed(mut self) -> Option<Object> {
        let child = self.process.0.id();
        self.process.0.kill().expect("killed");
        self.traced.killed(child).expect("gone");
        self.process.0.wait().expect("own child");
        self.bystander
    }

    /// Lets it end its operation, let go of everything, and end; gives what came of the operation, what it has leaked of
    /// descriptors and mappings, and the bystander's handle. If it died instead, its status is the first of these, after `died`.
    ///
    /// # Panics
    /// If it can't be waited for.
    #[must_use]
    pub fn ends(mut self) -> (String, String, Option<Object>) {
        self.traced.detach().expect("detached");
        let (orders, answers, process) = (&mut self.orders, &mut self.answers, &mut self.process);
        let mut answer = || {
            let mut line = String::new();
            answers.read_line(&mut line).expect("text");
            line.trim_end().to_owned()
        };
        let result = answer();
        let _ = orders.write_all(b"let go\n"); // nobody reads it if it died
        let leaked = answer();
        let _ = orders.write_all(b"end\n");
        let status = process.0.wait().expect("own child");
        let result = match status.success() {
            true => result,
            false => format!("died: {status}, having said {result:?}"),
        };
        (result, leaked, self.bystander)
    }
}
