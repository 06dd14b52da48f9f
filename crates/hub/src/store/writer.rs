//! The writer: one thread that stores frames in groups, and answers after they are durable.

use std::sync::Arc;
use std::thread::JoinHandle;

use pawtrail_event::ProjectUuid;
use tokio::sync::{mpsc, oneshot};

use super::{Incoming, Outcome, Store, Written};
use crate::error::{HubError, Result};
use crate::live::Live;

/// How many frames wait for the writer; beyond that, connections wait. A frame has at most 64 KiB.
const WAITING: usize = 256;
/// The most frames of one transaction.
const GROUP: usize = WAITING;

/// A frame to be stored, and who waits for the answer.
pub(crate) struct Job {
    pub(crate) incoming: Incoming,
    /// Gets nothing where the store failed.
    pub(crate) answer: oneshot::Sender<Written>,
}

/// Hands frames to the writer.
pub(crate) type Writer = mpsc::Sender<Job>;

/// The running writer; it ends when every [`Writer`] is gone.
pub(crate) struct WriterHandle(JoinHandle<()>);

impl WriterHandle {
    /// Starts the thread.
    pub(crate) fn start(store: Arc<dyn Store>, live: Arc<Live>) -> Result<(Writer, Self)> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("hub-writer".to_owned())
            .spawn(move || run(&*store, &live, receiver))
            .map_err(HubError::Thread)?;
        Ok((sender, Self(thread)))
    }

    /// Waits for the thread to end; blocks.
    pub(crate) fn join(self) -> Result<()> {
        self.0.join().map_err(|_| HubError::Stopped("writer"))
    }
}

fn run(store: &dyn Store, live: &Live, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut batch = vec![first.incoming];
        let mut answers = vec![first.answer];
        // All that wait share one transaction, and so one sync of the disk.
        while batch.len() < GROUP
            && let Ok(job) = jobs.try_recv()
        {
            batch.push(job.incoming);
            answers.push(job.answer);
        }
        match store.write(&batch) {
            Ok(outcomes) => {
                for project in changed(&batch, &outcomes) {
                    live.changed(project);
                }
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    // A connection that is gone needs no answer: its clone sends again.
                    let _gone = answer.send(outcome);
                }
            }
            Err(error) => {
                // The answers are dropped, and each sender is told to try again.
                tracing::error!(%error, frames = batch.len(), "the store refused a group");
            }
        }
    }
}

fn changed<'a>(batch: &'a [Incoming], outcomes: &[Written]) -> Vec<&'a ProjectUuid> {
    let mut projects = Vec::new();
    for (incoming, outcome) in batch.iter().zip(outcomes) {
        let project = &incoming.grant.project;
        // A duplicate may bring a supersession.
        if outcome.outcome != Outcome::Revoked && !projects.contains(&project) {
            projects.push(project);
        }
    }
    projects
}
