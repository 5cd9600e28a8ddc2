package batch

// setDue notes a callback. The caller holds the job's mutex, which keeps the callbacks in the order of the changes.
func (r *run) setDue(call func()) { r.due = append(r.due, call) }

// callDue calls the callbacks that are due, without the job's mutex: they may read the job. When it returns, all callbacks that
// were due before have returned.
func (r *run) callDue() {
	r.calling.Lock()
	defer r.calling.Unlock()
	r.job.mu.Lock()
	due := r.due
	r.due = nil
	r.job.mu.Unlock()
	for _, call := range due {
		call()
	}
}

// set sets a row, and notes the callback that reports a known outcome. The caller holds the job's mutex.
func (r *run) set(row Row) {
	r.job.set(row)
	if row.State != Unknown && r.options.OnProgress != nil {
		progress := r.job.progress
		r.setDue(func() { r.options.OnProgress(progress) })
	}
}

// onReconcile calls the callback that names a row before its outcome is looked up.
func (r *run) onReconcile(row Row) {
	if r.options.OnReconcile == nil {
		return
	}
	r.job.mu.Lock()
	r.setDue(func() { r.options.OnReconcile(row) })
	r.job.mu.Unlock()
	r.callDue()
}
