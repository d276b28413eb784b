# shellcheck shell=bash
# What ./run, ./test and scripts share: the system's packages and the Swift toolchain. To be sourced by bash.

say() { printf '%s\n' "$*" >&2; }

die() {
    say "penstock: $1"
    shift
    for line in "$@"; do say "          $line"; done
    exit 1
}

# what_failed NAME FILE: the lines of the output of NAME's tests that tell what failed, and where.
what_failed() {
    printf 'penstock: what failed of %s\n' "$1"
    grep -aE '✘|recorded an issue|Fatal error|[^ ]: error: |SUMMARY: ThreadSanitizer' "$2" | cut -c 1-600 | head -n 60 || true
}

# as_root COMMAND…: runs it as root, or explains what to do.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "root is needed and there is no sudo. Run this as root, then try again:" "$*"
    fi
}

# Prints a Swift that is new enough, or explains how to get one.
find_swift() {
    local candidate version found=""
    for candidate in "${SWIFT:-}" "$(command -v swift || true)" \
        "${SWIFTLY_BIN_DIR:-$HOME/.local/share/swiftly/bin}/swift" \
        /usr/local/bin/swift /opt/swift/usr/bin/swift /usr/share/swift/usr/bin/swift; do
        if [ -z "$candidate" ] || [ ! -x "$candidate" ]; then continue; fi
        version=$("$candidate" --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -n 1)
        if [ -z "$version" ]; then continue; fi
        found="$found $candidate ($version)"
        if [ "$(printf '6.2\n%s\n' "$version" | sort -V | head -n 1)" = 6.2 ]; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    die "Swift 6.2 or newer is needed${found:+; found only$found}." \
        "Get it from https://www.swift.org/install/linux/ (swiftly installs it in your home directory)," \
        "or set SWIFT to the path of the swift command."
}

# Prints the apt packages that are missing for building and running.
missing_packages() {
    command -v redis-server >/dev/null && command -v redis-cli >/dev/null || echo redis-server
    [ -e /usr/include/hiredis/hiredis.h ] || echo libhiredis-dev
    [ -e /usr/include/zlib.h ] || echo zlib1g-dev
    command -v git >/dev/null || echo git
}

# Prints a Chromium or Chrome that starts, or nothing. (On Ubuntu the command may be a stub that asks for snap.)
find_chromium() {
    local candidate
    for candidate in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null && "$candidate" --version >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
}

# install_packages PACKAGE…: installs them by apt. A Redis that comes this way is not left running or started at boot:
# Penstock's scripts start their own.
install_packages() {
    command -v apt-get >/dev/null || die "these packages are missing and there is no apt-get to install them:" "$*"
    say "penstock: installing $* (apt-get)"
    local redis_is_new=""
    case " $* " in *" redis-server "*) redis_is_new=yes ;; esac
    # The apt runs in a shell of its own, so that the policy file goes whatever happens.
    # shellcheck disable=SC2016
    as_root bash -c '
        set -e
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap "rm -f $policy" EXIT
            printf "#!/bin/sh\nexit 101\n" >"$policy"
            chmod 755 "$policy"
        fi
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -q
        apt-get install -q -y --no-install-recommends "$@"
    ' bash "$@" >&2 || die "apt-get could not install $*."
    if [ -n "$redis_is_new" ] && command -v systemctl >/dev/null; then
        as_root systemctl disable --now redis-server.service >/dev/null 2>&1 || true
    fi
}

# ensure_packages [PACKAGE…]: installs what is missing for building and running, and the packages named.
ensure_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    missing+=("$@")
    if [ "${#missing[@]}" -gt 0 ]; then install_packages "${missing[@]}"; fi
}

# is_listening PORT: whether something accepts TCP connections on this host.
is_listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port PORT: puts into REPLY the first port from PORT on that is neither taken nor given out before.
ports_given=" "
free_port() {
    local port=$1
    while is_listening "$port" || [[ "$ports_given" == *" $port "* ]]; do
        port=$((port + 1))
        [ "$port" -lt 65536 ] || die "no free port from $1 on"
    done
    ports_given+="$port "
    REPLY=$port
}

# http_status PORT PATH: prints the status of a GET on this host, or 000.
http_status() {
    local line=""
    if exec 3<>"/dev/tcp/127.0.0.1/$1"; then
        printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' "$2" >&3
        IFS= read -r -t 2 line <&3 || true
        exec 3<&- 3>&-
    fi 2>/dev/null
    line=${line#HTTP/1.1 }
    printf '%s\n' "${line:0:3}"
}

# run_bench COMMAND [--skip-build] [OPTION…]: builds what is measured (release) and becomes penstock-bench COMMAND OPTION…
run_bench() {
    local swift bin program commit compiler command=$1
    local programs=(penstock-frontend penstock-worker penstock-loadtest penstock-bench)
    shift
    swift=$(find_swift)
    ensure_packages
    if [ "${1:-}" = --skip-build ]; then
        shift
    else
        say "penstock: building (release); the first time takes some minutes"
        for program in "${programs[@]}"; do
            "$swift" build -c release --product "$program" >&2 || die "the build of $program failed."
        done
    fi
    bin=$("$swift" build -c release --show-bin-path)
    for program in "${programs[@]}"; do
        [ -x "$bin/$program" ] || die "$bin/$program is not built."
    done

    # What was measured, unless the options say it.
    commit=$(git describe --always --dirty 2>/dev/null || echo "no commit")
    compiler=$("$swift" --version 2>/dev/null | sed -nE 's/.*(Swift version [0-9.]+).*/\1/p' | head -n 1)
    exec "$bin/penstock-bench" "$command" --label "$commit, $compiler" "$@"
}
