using System.Runtime.Intrinsics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>The grids of 16 rows, one vector for each group.</summary>
internal sealed class RowGrids(GridTable grids)
{
    private readonly Vector512<float>[] _scale = new Vector512<float>[grids.Groups];
    private readonly Vector512<float>[] _inverse = new Vector512<float>[grids.Groups];
    private readonly Vector512<float>[] _zero = new Vector512<float>[grids.Groups];

    public void Load(int first, int count)
    {
        Span<float> s = stackalloc float[16];
        Span<float> z = stackalloc float[16];
        for (var g = 0; g < grids.Groups; g++)
        {
            for (var r = 0; r < count; r++) (s[r], z[r]) = (grids[first + r, g].Scale, grids[first + r, g].Zero);
            _scale[g] = Vector512.Create<float>(s);
            _zero[g] = Vector512.Create<float>(z);
            // A group of zeros has scale 0: any code gives 0, so the ratio may as well be 0.
            var none = Vector512.Equals(_scale[g], Vector512<float>.Zero);
            _inverse[g] = Vector512.ConditionalSelect(none, Vector512<float>.Zero, Vector512<float>.One / _scale[g]);
        }
    }

    public (Vector512<float> Scale, Vector512<float> Inverse) Scale(int column) => (_scale[column / grids.GroupSize], _inverse[column / grids.GroupSize]);

    public Vector512<float> Zero(int column) => _zero[column / grids.GroupSize];
}
