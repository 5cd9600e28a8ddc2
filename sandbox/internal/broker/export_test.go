package broker

import "time"

// BeginAdvance is the first part of [Broker.Advance]. Call [Broker.SettleSome] next, until it reports no more.
func (b *Broker) BeginAdvance(d time.Duration) error { return b.beginAdvance(d) }

// SettleSome is one of the transactions of [Broker.Advance].
func (b *Broker) SettleSome() (more bool, err error) { return b.settleSome() }

// Audits returns the queries of [Broker.Check], without those of the ledger.
func Audits() []string { return audits() }
