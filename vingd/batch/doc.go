// Package batch gives out many rewards or vouchers, each once, even if the process is killed or the network fails.
//
// A job has a plan, which is its rows, and a journal, which is a file:
//
//	job, err := batch.OpenRewards(ctx, "january.journal", []batch.Reward{
//		{User: ann, Amount: 5_00, Reference: "payroll 2026-01 no. 1"},
//		{User: bob, Amount: 7_50, Reference: "payroll 2026-01 no. 2"},
//	})
//	if err != nil {
//		return err
//	}
//	defer job.Close()
//	_, err = job.Run(ctx, client, batch.Options{})
//
// The process may be killed at any moment. The next run of the same plan with the same journal continues from there. It
// gives out no row twice, and omits none.
//
// # How it works
//
// Run writes to the journal that a row is about to be sent, makes the call, and writes its result. Each write is on the
// disk before Run goes on. A row that was sent and has no result is unknown: Run asks the broker by Reconcile. Run sends
// the row again only if Reconcile returns [vingd.ErrNotDone]. If Reconcile cannot tell, the row stays unknown, and the
// next run asks again.
//
// The broker knows a row by its reference. The reference of a reward is its description. The reference of a voucher is
// made from the plan and the row's number, and is the voucher's description.
//
// # Refusals
//
// A journal belongs to one plan and one account, from the first row that is sent. OpenRewards and OpenVouchers refuse a
// changed plan with [ErrOtherPlan], and a journal that another process has open with [ErrJournalInUse]. Run refuses another
// account with [ErrOtherAccount].
//
// Run does not send a voucher that would have expired. The row is [Refused] in this plan for good: put it into another plan.
// So is a row whose reference the broker has for another amount, as [Job.IsTaken] reports: another plan needs another reference.
// If that payment was the row's own, give the row that amount there, and use [Options].Adopt.
//
// A journal is one file, which may be moved after a kill. A damaged one is refused.
//
// A run that sends rows reads the account's history first. If the broker already has such a row, another journal has given
// it out, and Run returns an [*EarlierError]. Run finds only references that the broker keeps unchanged. If the broker
// limits the length of its lists, Run may miss rows without a time. It may also miss rows if more than the limit fall
// within two seconds. Two jobs that run the same plan at the same time with different journals are not detected.
package batch
