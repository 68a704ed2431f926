using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>Something that is built once for each set of input shapes that occurs; several threads may ask at once.</summary>
internal sealed class ByShape<T>(Func<IReadOnlyDictionary<string, Tensor>, T> build) : IDisposable
    where T : IDisposable
{
    private readonly Dictionary<string, Lazy<T>> _built = [];

    public T For(IReadOnlyDictionary<string, Tensor> inputs)
    {
        var key = string.Join(' ', inputs.OrderBy(i => i.Key, StringComparer.Ordinal).Select(i => $"{i.Key}[{string.Join(',', i.Value.Shape)}]"));
        Lazy<T> built;
        lock (_built)
        {
            if (!_built.TryGetValue(key, out built!)) _built.Add(key, built = new Lazy<T>(() => build(inputs)));
        }

        return built.Value;
    }

    public void Dispose()
    {
        foreach (var built in _built.Values.Where(b => b.IsValueCreated)) built.Value.Dispose();
    }
}
