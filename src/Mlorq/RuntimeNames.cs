namespace Mlorq;

/// <summary>What runtime profiles are called in files.</summary>
internal static class RuntimeNames
{
    /// <summary>The name of a profile.</summary>
    public static string Of(RuntimeProfile runtime) => runtime == RuntimeProfile.Speed ? "speed" : "memory";

    /// <summary>The profile of a name; null where there is none.</summary>
    public static RuntimeProfile? Find(string name) => name switch { "memory" => RuntimeProfile.Memory, "speed" => RuntimeProfile.Speed, _ => null };
}
