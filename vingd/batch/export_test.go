package batch

// LoseDisk makes the writes of the journal fail.
func (j *Job) LoseDisk() error { return j.journal.file.Close() }

// Save writes a row to the journal alone.
func (j *Job) Save(row Row) error { return j.journal.save(row) }
