//! What a team runs.

use super::member::Member;

/// Called once by each member.
pub(super) type Job<'a> = &'a (dyn Fn(&Member<'_>) + Sync);

/// A job without its lifetime, so that threads that live longer can be handed it.
#[derive(Clone, Copy)]
pub(super) struct ErasedJob(*const (dyn Fn(&Member<'_>) + Sync));

#[allow(unsafe_code, reason = "the job is Sync")]
// SAFETY: it is used through a shared reference alone, and what it points to is Sync. That it
// is alive is for the callers of `call` to say.
unsafe impl Send for ErasedJob {}

impl ErasedJob {
    #[allow(unsafe_code, reason = "see `call`")]
    pub(super) fn new(job: Job<'_>) -> ErasedJob {
        let job: *const (dyn Fn(&Member<'_>) + Sync + '_) = job;
        // SAFETY: both are pointers to the same trait object, of which only the lifetime
        // differs. A pointer may outlive what it points to; `call` may not use it then.
        ErasedJob(unsafe {
            std::mem::transmute::<
                *const (dyn Fn(&Member<'_>) + Sync + '_),
                *const (dyn Fn(&Member<'_>) + Sync + 'static),
            >(job)
        })
    }

    /// Runs it.
    ///
    /// # Safety
    /// The job that this was made of must be alive until the call returns.
    #[allow(unsafe_code, reason = "the lifetime is not known to the compiler")]
    pub(super) unsafe fn call(self, member: &Member<'_>) {
        // SAFETY: the caller says that the job is alive, and it was a shared reference.
        let job = unsafe { &*self.0 };
        job(member);
    }
}

impl std::fmt::Debug for ErasedJob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ErasedJob")
    }
}
