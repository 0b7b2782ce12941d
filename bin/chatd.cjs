#!/usr/bin/env -S node --max-semi-space-size=2 --disable-sigusr1
'use strict'
// The flag bounds V8's space for new objects: a few megabytes instead of dozens after a storm of connections, at the same
// speed (docs/decisions/when-a-tick-ends.md).
require('./run.cjs')('chatd')
