#!/usr/bin/env bash
# A real Slurm of one node for the tests, where there is no systemd, no cgroup delegation and no
# accounting database (a container, a CI job, a plain virtual machine).
#
#   cluster.sh start    install what is missing (Debian), write the config, start the daemons
#   cluster.sh stop     stop those three daemons, by their process numbers
#   cluster.sh status   the node and the daemons
#
# Everything lies in $SLURM_TEST_DIR. The two config files are linked into /etc/slurm, because the
# job steps of Snakemake's plugin drop SLURM_CONF; `stop` removes the links. A slurm.conf that is
# not ours is left alone. The daemons listen on 127.0.0.1 only. Needs root, as slurmd becomes the
# user of a job.
set -euo pipefail

DIR=${SLURM_TEST_DIR:-${TMPDIR:-/tmp}/facetds-slurm}
CPUS=${SLURM_TEST_CPUS:-$(nproc)}
GPUS=${SLURM_TEST_GPUS:-1} # counted by the scheduler; no device behind them
HOST=$(hostname -s)
ETC=/etc/slurm
SOCKET=$DIR/munge/munge.sock
unset SLURM_CONF

ours() { [ "$(readlink "$ETC/slurm.conf" || true)" = "$DIR/slurm.conf" ]; }

alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

install_packages() {
    command -v slurmctld slurmd munged sbatch >/dev/null && return
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge
}

write_config() {
    mkdir -p "$DIR"/{munge,state,spool,log}
    chmod 755 "$DIR" "$DIR"/*
    local memory
    memory=$(($(awk '/MemTotal/{print $2}' /proc/meminfo) / 1024 * 9 / 10))
    # cred_expire: a requeued job starts again after so many seconds instead of 120.
    # linuxproc, none: no cgroups; memory is polled instead, and a job over its --mem is killed.
    # accounting none: the plugin has to ask squeue, so ended jobs must stay visible (MinJobAge).
    cat >"$DIR/slurm.conf" <<CONF
ClusterName=facetds
SlurmctldHost=$HOST(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$SOCKET,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$DIR/state
SlurmdSpoolDir=$DIR/spool
SlurmctldPidFile=$DIR/slurmctld.pid
SlurmdPidFile=$DIR/slurmd.pid
SlurmctldLogFile=$DIR/log/slurmctld.log
SlurmdLogFile=$DIR/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
DefMemPerCPU=256
AccountingStorageType=accounting_storage/none
EnforcePartLimits=ALL
MinJobAge=3600
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,bf_interval=5
KillWait=30
OverTimeLimit=0
InactiveLimit=0
NodeName=$HOST NodeAddr=127.0.0.1 CPUs=$CPUS RealMemory=$memory Gres=gpu:$GPUS State=UNKNOWN
PartitionName=cpu Nodes=$HOST Default=YES MaxTime=24:00:00 State=UP
PartitionName=gpu Nodes=$HOST Default=NO  MaxTime=24:00:00 State=UP
CONF
    # Slurm drains a node whose GPUs have no device file; a null device each will do.
    rm -rf "$DIR/dev"
    mkdir "$DIR/dev"
    : >"$DIR/gres.conf"
    local i
    for ((i = 0; i < GPUS; i++)); do
        mknod -m 666 "$DIR/dev/gpu$i" c 1 3
        echo "NodeName=$HOST Name=gpu File=$DIR/dev/gpu$i" >>"$DIR/gres.conf"
    done
    mkdir -p "$ETC"
    ln -sfn "$DIR/slurm.conf" "$ETC/slurm.conf"
    ln -sfn "$DIR/gres.conf" "$ETC/gres.conf"
}

start_munged() {
    alive "$DIR/munge/munged.pid" && return
    [ -f "$DIR/munge/key" ] || (umask 077 && head -c 128 /dev/urandom >"$DIR/munge/key")
    chown -R munge: "$DIR/munge"
    setpriv --reuid munge --regid munge --clear-groups \
        munged --key-file="$DIR/munge/key" --socket="$SOCKET" --pid-file="$DIR/munge/munged.pid" \
        --log-file="$DIR/munge/munged.log" --seed-file="$DIR/munge/seed"
}

start() {
    if [ "$(id -u)" != 0 ]; then
        echo "Slurm's daemons need root; run this as root, or skip the tests of Slurm." >&2
        return 1
    fi
    install_packages
    if alive "$DIR/slurmctld.pid" && alive "$DIR/slurmd.pid"; then
        status
        return
    fi
    if [ -e "$ETC/slurm.conf" ] && ! ours; then
        echo "$ETC/slurm.conf is that of another Slurm, which stays as it is: not starting." >&2
        return 1
    fi
    rm -rf "$DIR/state" "$DIR/spool" # a drained node or an old queue must not come back
    write_config
    start_munged
    alive "$DIR/slurmctld.pid" || slurmctld
    alive "$DIR/slurmd.pid" || slurmd
    for _ in $(seq 100); do
        if sinfo -h -o %T 2>/dev/null | grep -q idle; then
            status
            return
        fi
        sleep 0.1
    done
    echo "The node did not become idle; see $DIR/log." >&2
    return 1
}

stop() {
    ours || return 0
    scancel --quiet --state=PENDING -u "$(id -un)" 2>/dev/null || true
    scancel --quiet --state=RUNNING -u "$(id -un)" 2>/dev/null || true
    local file pid
    for file in slurmd.pid slurmctld.pid munge/munged.pid; do
        [ -s "$DIR/$file" ] || continue
        pid=$(cat "$DIR/$file")
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        rm -f "$DIR/$file"
    done
    rm -f "$ETC/slurm.conf" "$ETC/gres.conf"
}

status() {
    local file
    for file in munge/munged.pid slurmctld.pid slurmd.pid; do
        alive "$DIR/$file" && echo "$(basename "$file" .pid): $(cat "$DIR/$file")"
    done
    sinfo -N -o "%N %T cpus=%c mem=%m gres=%G" 2>/dev/null || true
}

case ${1:-} in
start | stop | status) "$1" ;;
*)
    sed -n '2,13p' "$0"
    exit 2
    ;;
esac
