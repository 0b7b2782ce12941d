#!/bin/sh
# Stands in for certbot 2.1, which needs an authority on the net: certificates of the authority in /root/authority, in the files where
# certbot has them. As there, "renew" runs the hooks of renewal-hooks/deploy, and "certonly" does not. DAYS says how long they are good.
set -e
name=chat.example.org
live=/etc/letsencrypt/live/$name
archive=/etc/letsencrypt/archive/$name

issue() {
	mkdir -p "$archive" "$live"
	chmod 700 /etc/letsencrypt/live /etc/letsencrypt/archive
	n=$(($(find "$archive" -name 'cert*.pem' | wc -l) + 1))
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
		-keyout "$archive/privkey$n.pem" -out /tmp/request.pem 2>/dev/null
	printf 'subjectAltName=DNS:%s\n' "$name" >/tmp/extensions
	openssl x509 -req -in /tmp/request.pem -CA /root/authority/ca.pem -CAkey /root/authority/ca.key -CAcreateserial \
		-days "${DAYS:-90}" -extfile /tmp/extensions -out "$archive/cert$n.pem" 2>/dev/null
	cat "$archive/cert$n.pem" /root/authority/ca.pem >"$archive/fullchain$n.pem"
	chmod 600 "$archive/privkey$n.pem"
	for file in cert fullchain privkey; do ln -sfn "../../archive/$name/$file$n.pem" "$live/$file.pem"; done
}

case "$*" in
"certonly --standalone -d $name") issue ;;
'renew --force-renewal')
	issue
	for hook in /etc/letsencrypt/renewal-hooks/deploy/*; do
		RENEWED_LINEAGE=$live RENEWED_DOMAINS=$name "$hook"
	done
	;;
*)
	echo "certbot: unknown arguments: $*" >&2
	exit 2
	;;
esac
