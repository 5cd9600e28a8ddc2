package broker

import "time"

// BeginAdvance is the first part of [Broker.Advance]. The other one is [Broker.SettleSome], until there is no more.
func (b *Broker) BeginAdvance(d time.Duration) error { return b.beginAdvance(d) }

// SettleSome is a part of [Broker.Advance].
func (b *Broker) SettleSome() (more bool, err error) { return b.settleSome() }

// Audits are the queries of [Broker.Check], but for those of the ledger.
func Audits() []string { return audits() }
