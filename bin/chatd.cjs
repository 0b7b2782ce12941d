#!/usr/bin/env -S node --max-semi-space-size=2
'use strict'
// The flag keeps what V8 holds for new objects at few megabytes instead of dozens after a storm of connections; it
// costs no speed (docs/performance.md).
require('./run.cjs')('chatd')
