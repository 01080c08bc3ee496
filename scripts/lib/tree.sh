# shellcheck shell=bash
# A copy of the checkout for the unprivileged user, built there and installed. The checkout may be
# readable by root alone, and stays as it is. Needs common.sh and server.sh.

build_packages=(gcc make libc6-dev libssl-dev postgresql-15 postgresql-server-dev-15)

# copy_tree: sets $tree. The test vectors come along at the place where the tests look for them.
copy_tree() {
    tree=$work/access_token
    copy_directory "$checkout" "$tree" --exclude=./.git --exclude=./build \
        --exclude='*.o' --exclude='*.bc' --exclude='*.so' --exclude='./access_token--*.sql'
    [[ ! -d $checkout/../shared/vectors ]] ||
        copy_directory "$checkout/../shared/vectors" "$work/shared/vectors"
}

# copy_directory FROM TO [TAR OPTION...]
copy_directory() {
    local from=$1 to=$2
    shift 2
    as_server_user mkdir -p "$to"
    tar --create --directory="$from" "$@" . |
        as_server_user tar --extract --directory="$to" --no-same-owner
}

# build_tree: builds as the unprivileged user and installs into the server's directories.
build_tree() {
    step "building with $("$PG_CONFIG" --version)"
    quietly make as_server_user make -C "$tree" -j"$(nproc)" || return
    step "installing into $("$PG_CONFIG" --sharedir)/extension"
    quietly make-install install_tree
}

install_tree() {
    local -a install=(make -C "$tree" install PG_CONFIG="$PG_CONFIG")
    if [[ -w $("$PG_CONFIG" --pkglibdir) ]]; then
        "${install[@]}"
    elif can_be_root; then
        as_root "${install[@]}"
    else
        echo 'Installing needs root, or sudo, or a PG_CONFIG whose directories you own.'
        return 1
    fi
}
