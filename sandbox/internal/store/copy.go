package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Save copies the current content of the data file at from into a new file at to. A sandbox may have the file at from open.
// Save returns an error if the file at to exists.
func Save(from, to string) error {
	ctx := context.Background()
	source, err := resolve(from)
	if err == nil {
		err = identify(ctx, source)
	}
	if err != nil {
		return named(from, err)
	}
	// touch overwrites no file, and creates one that only the user may read.
	if err := touch(to); errors.Is(err, fs.ErrExist) {
		return named(to, errors.New("exists, must be a new file"))
	} else if err != nil {
		return err
	}
	if err := reading(source, func(ctx context.Context) error { return copyInto(ctx, source, to) }); err != nil {
		return errors.Join(named(to, err), os.Remove(to))
	}
	return nil
}

func copyInto(ctx context.Context, source, to string) error {
	c, err := connect(ctx, address(source, existing, patient, durable))
	if err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, "VACUUM INTO $1", to)
	return errors.Join(err, c.close())
}

// Restore replaces the content of the data file at to by that of the one at from, entirely or not at all. It creates the
// file at to if there is none, and returns [ErrInUse] if a sandbox has it open.
func Restore(from, to string) error {
	source, err := resolve(from)
	if err == nil {
		err = identify(context.Background(), source)
	}
	if err != nil {
		return named(from, err)
	}
	db, err := Open(to)
	if err != nil {
		return err
	}
	if db.path == source {
		return errors.Join(named(to, errors.New("must not be the file that is restored from")), db.Close())
	}
	err = db.raw(func(target backuper) error {
		restore, err := target.NewRestore(address(source, existing, patient))
		if err != nil {
			return err
		}
		more, err := restore.Step(-1)
		if more {
			err = errors.Join(err, fmt.Errorf("%s: pages are left", from))
		}
		return errors.Join(err, restore.Finish())
	})
	if err != nil {
		err = named(to, err)
	}
	return errors.Join(err, db.Close())
}
