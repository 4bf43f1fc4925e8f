#!/bin/sh
# Process 1 of a local node, inside the node's own mount, network, PID, UTS and IPC namespaces.
#
# It builds a root for the node in which nothing of the host's file system is writable: /usr and /etc are
# overlays whose changes stay with the node, all else is the node's own. Then it runs containerd, kubelet,
# kube-proxy and the enforcer of NetworkPolicies, and restarts each one that ends: no systemd runs, so an installer that changed
# containerd's configuration ends containerd (hostPID: kill it) and finds it restarted.
#
# usage: init.sh STATE [PACKAGES]   (in namespaces of its own; STATE/joined appears when the network is complete)
set -eu
state=$1
packages=${2-}
root=$state/root

until [ -e "$state/joined" ]; do sleep 0.1; done

mount --bind "$root" "$root" # a root must be a mount

# overlay DIR: the host's DIR (and the unpacked packages') below, the node's changes above.
overlay() {
  mkdir -p "$state/upper/$1" "$state/work/$1" "$root/$1"
  lower=/$1
  [ -z "$packages" ] || [ ! -d "$packages/$1" ] || lower=$packages/$1:$lower
  mount -t overlay "node-$1" -o "lowerdir=$lower,upperdir=$state/upper/$1,workdir=$state/work/$1" "$root/$1"
}
overlay usr
overlay etc
for dir in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$dir" ]; then
    [ -L "$root/$dir" ] || cp -P "/$dir" "$root/$dir"
  elif [ -d "/$dir" ]; then
    overlay "$dir"
  fi
done

# The computer's files there belong to its own cluster, not to this node.
for dir in containerd cni kubernetes; do
  mkdir -p "$root/etc/$dir"
  mount --bind "$state/own/$dir" "$root/etc/$dir"
done

mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

# The kubelet writes these sysctls, which belong to the whole computer, unless they have the values it requires
# (pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables). It must see these values and write nothing.
for sysctl in "$state"/sysctl/*; do
  name=$(basename "$sysctl" | tr . /)
  [ ! -e "$root/proc/sys/$name" ] || mount --bind "$sysctl" "$root/proc/sys/$name"
done

echo "$NODE_NAME" >"$root/proc/sys/kernel/hostname"
cd "$root"
pivot_root . mnt
exec <dev/null >>var/log/node/init.log 2>&1
umount -l /mnt
# unshare made every mount private; pods with mountPropagation need them shared, among this namespace's.
mount --make-rshared /

supervise() {
  log=/var/log/node/$1.log
  shift
  while :; do
    "$@" >>"$log" 2>&1 || echo "init: $1 ended with status $?, starting it again" >>"$log"
    sleep 1
  done
}

export PATH=/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
iptables --wait -t nat -A POSTROUTING -o tap0 -j MASQUERADE # tap0 is the egress, if one exists
# Before any pod runs. If the kernel or a program lacks what this needs, the node continues without it and records why.
enforce_network_policies() {
  kube-network-policies --check --queue="$POLICY_QUEUE" &&
    iptables-restore --wait --noflush </etc/kubernetes/network-policies.rules
}
if reason=$(enforce_network_policies 2>&1); then
  supervise network-policies kube-network-policies --queue="$POLICY_QUEUE" --node="$NODE_NAME" \
    --kubeconfig=/etc/kubernetes/network-policies.kubeconfig &
else
  echo "$reason" >/var/log/node/network-policies.not-enforced
fi
supervise containerd containerd &
supervise kubelet kubelet --config=/etc/kubernetes/kubelet.yaml --kubeconfig=/etc/kubernetes/kubelet.kubeconfig \
  --node-ip="$NODE_IP" --hostname-override="$NODE_NAME" &
supervise kube-proxy kube-proxy --config=/etc/kubernetes/kube-proxy.yaml --hostname-override="$NODE_NAME" &
wait # reaps every orphan of the namespace
