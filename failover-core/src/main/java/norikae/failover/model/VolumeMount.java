package norikae.failover.model;

/**
 * A volume that a service uses: its file system is mounted on the node that runs the service, before the service starts.
 *
 * @param path absolute, the same on every node
 */
public record VolumeMount(VolumeName volume, String path) {

    private static final int PATH_MAX = 255;

    public VolumeMount {
        if (!path.startsWith("/") || path.length() < 2 || path.length() > PATH_MAX || path.contains("/../")) {
            throw new IllegalArgumentException("mount point '" + path + "' of volume " + volume
                    + " is not an absolute path below / without '..': write one such as /srv/" + volume);
        }
    }
}
