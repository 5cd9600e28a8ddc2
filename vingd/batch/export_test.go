package batch

import bolt "go.etcd.io/bbolt"

// LoseDisk makes the writes of the journal fail, between two of them.
func (j *Job) LoseDisk() (err error) {
	_ = j.journal.db.Update(func(*bolt.Tx) error { // it returns errUnchanged
		err = j.journal.file.Close()
		return errUnchanged
	})
	return err
}

// Save writes a row to the journal alone.
func (j *Job) Save(row Row) error { return j.journal.save(row) }
