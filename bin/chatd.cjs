#!/usr/bin/env -S -u NODE_COMPILE_CACHE node --max-semi-space-size=2
'use strict'
// Node never starts where NODE_COMPILE_CACHE names a directory that cannot be created; run.cjs has a directory of its own.
// The flag bounds V8's space for new objects: a few megabytes instead of dozens after a storm of connections, at the same
// speed (docs/decisions/when-a-tick-ends.md).
require('./run.cjs')('chatd')
